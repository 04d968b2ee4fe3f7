//! Debian's Exim on free ports of loopback, with its own configuration, certificate and maildir; as root it changes to its
//! own account, otherwise it stays who it is. Its TLS is GnuTLS: not ours.

use std::{fs, os::unix::fs::MetadataExt, path::PathBuf, time::Duration};

use super::pki::Pair;
use crate::real_sp::daemon::{Daemon, Folder, free_port};

/// The server. Dropping it ends it.
pub struct Exim {
    /// Where it wants STARTTLS.
    pub port: u16,
    /// Where it speaks TLS from the first byte.
    pub tls_port: u16,
    folder: Folder,
    _daemon: Daemon,
}

impl Exim {
    /// Starts it and waits until it listens.
    pub fn start(pair: &Pair) -> Self {
        let folder = Folder::new();
        for name in ["spool", "maildir"] {
            fs::create_dir(folder.path(name)).expect("a folder");
            let all = std::os::unix::fs::PermissionsExt::from_mode(0o777);
            fs::set_permissions(folder.path(name), all).expect("permissions");
        }
        let pem = [pair.key.private_key_to_pem_pkcs8().expect("PEM"), pair.certificate.to_pem().expect("PEM")].concat();
        folder.write("mail.pem", &String::from_utf8(pem).expect("PEM"));
        let (port, tls_port) = (free_port(), free_port());
        let own = fs::metadata("/proc/self").expect("this process");
        let account = match own.uid() {
            0 => String::new(),
            uid => format!("exim_user = {uid}\nexim_group = {gid}\nadmin_groups = {gid}", gid = own.gid()),
        };
        let values = [("ACCOUNT", account.as_str()), ("PORT", &port.to_string()), ("TLS_PORT", &tls_port.to_string())];
        folder.fill("exim.conf", include_str!("exim.conf"), &values);
        let conf = folder.path("exim.conf");
        let mut daemon = Daemon::start(&folder, "exim", "/usr/sbin/exim4", &["-C", &conf.to_string_lossy(), "-bdf", "-q1h"]);
        daemon.wait(&folder, || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { port, tls_port, folder, _daemon: daemon }
    }

    /// The mails in its maildir, once there are `count`; fails the test after half a minute.
    pub async fn mails(&self, count: usize) -> Vec<String> {
        let new: PathBuf = self.folder.path("maildir/new");
        for _ in 0..300 {
            let files: Vec<_> = fs::read_dir(&new).map(|files| files.flatten().map(|file| file.path()).collect()).unwrap_or_default();
            if files.len() >= count {
                return files.iter().map(|file| fs::read_to_string(file).expect("a mail")).collect();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("not {count} mails after 30 s:\n{}", self.folder.logs());
    }

    /// What it logged.
    pub fn log(&self) -> String {
        self.folder.logs()
    }
}
