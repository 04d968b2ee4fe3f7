//! A PostgreSQL server of our own for the tests: from the distribution's package, on a free port of loopback, with
//! `fsync` on, in a folder that vanishes. One server a test run, a fresh database whoever asks.
//! It ends with the test process: a shell waits for our end of a pipe to close, then stops the server by its pid.

#![allow(clippy::disallowed_types, reason = "the names of test databases are numbers of our own")]

use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// The server of this test run.
struct Server {
    port: u16,
    /// Holds the pipe whose closing stops the server.
    _shell: Child,
}

static SERVER: OnceLock<Server> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The address of a fresh, empty database.
pub async fn fresh_database() -> String {
    let port = tokio::task::spawn_blocking(|| SERVER.get_or_init(start).port).await.expect("the server's starter ran");
    let name = format!("portvagt_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::connect(&address(port, "postgres")).await.expect("the server answers");
    admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.expect("a database is created");
    admin.close().await.expect("the connection closes");
    address(port, &name)
}

fn address(port: u16, name: &str) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/{name}?sslmode=disable")
}

fn start() -> Server {
    let port = TcpListener::bind(("127.0.0.1", 0)).expect("a free port").local_addr().expect("its number").port();
    let folder = std::env::temp_dir().join(format!("portvagt-postgres-{}-{port}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the server");
    let (initdb, postgres) = (program("initdb"), program("postgres"));
    // "read" returns when our end of the pipe is closed, by us or by our death.
    let script = format!(
        "set -e; cd {folder}; {initdb} -D data -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 >initdb.log 2>&1; \
         {postgres} -D data -p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=on -c max_connections=300 >server.log 2>&1 & \
         server=$!; set +e; read nothing; kill -QUIT $server; wait $server; cd /; rm -rf {folder}",
        folder = folder.display(),
        initdb = initdb.display(),
        postgres = postgres.display(),
    );
    let mut command = if is_root() {
        // PostgreSQL refuses to run as root.
        let chown = Command::new("chown").arg("postgres").arg(&folder).status().expect("chown runs");
        assert!(chown.success(), "the server's folder has an owner");
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh", "-c", &script]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", &script]);
        command
    };
    let shell = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a shell starts");
    let patience = Instant::now() + Duration::from_secs(60);
    while !is_ready(port) {
        assert!(Instant::now() < patience, "PostgreSQL did not start: see {}", folder.join("server.log").display());
        std::thread::sleep(Duration::from_millis(50));
    }
    Server { port, _shell: shell }
}

/// Whether the server takes connections: it answers an SSL request with one byte only when it is up.
fn is_ready(port: u16) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut answer = [0u8; 1];
    stream.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).is_ok() && stream.read_exact(&mut answer).is_ok() && startup_is_answered(port)
}

/// Whether a startup message gets an authentication answer (`R`), not "the database system is starting up".
fn startup_is_answered(port: u16) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return false };
    let body = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0";
    let length = u32::try_from(body.len() + 4).expect("a short message").to_be_bytes();
    let mut answer = [0u8; 1];
    stream.write_all(&[&length[..], body].concat()).is_ok() && stream.read_exact(&mut answer).is_ok() && answer == *b"R"
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// The program from Debian's folder of the newest version, else from the path.
fn program(name: &str) -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin").join(name))
        .collect();
    versions.retain(|path| path.exists());
    versions.sort();
    versions.pop().unwrap_or_else(|| PathBuf::from(name))
}
