//! The real server as a process of its own: started, waited for, stopped.

use std::{
    fs::File,
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use crate::{http::Connection, prepare::Place};

/// A running server; it ends with this value.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// Host and port, as its links name them.
    pub authority: String,
    /// From starting the process to the whole login page.
    pub cold_start: Duration,
}

impl Server {
    /// Starts the program and waits for its login page.
    pub async fn start(program: &Path, place: &Place) -> anyhow::Result<Self> {
        let log = File::options().create(true).append(true).open(&place.log)?;
        let started = Instant::now();
        let child = Command::new(program)
            .arg("--config")
            .arg(&place.config)
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .with_context(|| program.display().to_string())?;
        let address = SocketAddr::from(([127, 0, 0, 1], place.port));
        let mut server = Self { child, address, authority: format!("localhost:{}", place.port), cold_start: Duration::ZERO };
        loop {
            if server.login_page().await.is_ok() {
                server.cold_start = started.elapsed();
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended ({status}); its log is {}", place.log.display());
            }
            if started.elapsed() > Duration::from_secs(30) {
                bail!("no login page after 30 seconds; the log is {}", place.log.display());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    async fn login_page(&self) -> anyhow::Result<()> {
        let mut connection = Connection::open(self.address).await?;
        let mut visit = crate::login::Visit::new(&self.authority);
        let (status, _) = visit.open(&mut connection, "/login").await?;
        if status == 200 { Ok(()) } else { bail!("status {status}") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGTERM would let it drain; a bench has nothing to lose.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
