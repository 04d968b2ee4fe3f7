//! Starting and ending foreign servers: a folder of their own, a free port, and a guard that ends what it started.
//!
//! A guard ends only the process it started itself, by its id, also when the test process dies before the guard: a shell
//! between the two waits for our end of a pipe to close. Nothing here looks for processes by name. What the servers
//! are told stands in `mellon.rs` and `shibboleth.rs`.

use crate::actors::KeyPair;
use openssl::x509::X509;
use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A folder for one server, gone after the test. Its `logs` can be written by the account the server changes to.
#[derive(Debug)]
pub struct Folder(TempDir);

impl Folder {
    /// An empty folder with `logs` and `htdocs` in it.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("portvagt-sp-").tempdir().expect("a folder");
        set_mode(folder.path(), 0o755);
        for (name, mode) in [("logs", 0o777), ("htdocs", 0o755), ("htdocs/secret", 0o755)] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
            set_mode(&folder.path().join(name), mode);
        }
        Self(folder)
    }

    /// The path of `name` in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file that the server's account can read.
    pub fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).expect("a file");
        set_mode(&self.path(name), 0o644);
    }

    /// Writes a template with its `@NAMES@` replaced; `@FOLDER@` is this folder.
    pub fn fill(&self, name: &str, template: &str, values: &[(&str, &str)]) {
        self.write(name, &self.filled(template, values));
    }

    /// The template with its `@NAMES@` replaced.
    pub fn filled(&self, template: &str, values: &[(&str, &str)]) -> String {
        let mut text = template.to_owned();
        for (key, value) in values {
            text = text.replace(&format!("@{key}@"), value);
        }
        text.replace("@FOLDER@", &self.0.path().to_string_lossy())
    }

    /// Everything the servers logged so far, for messages of failed tests.
    pub fn logs(&self) -> String {
        let mut names: Vec<PathBuf> = fs::read_dir(self.path("logs"))
            .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
            .unwrap_or_default();
        names.sort();
        let logs = names.iter().filter(|name| name.extension().is_some_and(|end| end == "log" || end == "out"));
        logs.map(|name| format!("== {}\n{}\n", name.display(), fs::read_to_string(name).unwrap_or_default())).collect()
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("permissions");
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Runs a server until it ends, or until the pipe on standard input closes: then it gets three seconds to end by itself.
const KEEPER: &str = r#"exec 3<&0
"$@" 3<&- & server=$!
(read nothing <&3; kill -TERM $server; sleep 3; kill -KILL $server) & watcher=$!
wait $server; code=$?
kill $watcher
exit $code"#;

/// A running server. Dropping it ends the server and waits until it is gone.
#[derive(Debug)]
pub struct Daemon(Child);

impl Daemon {
    /// Starts a program that stays in the foreground, with an empty environment; what it prints goes to `logs/NAME.out`.
    pub fn start(folder: &Folder, name: &str, program: &str, arguments: &[&str]) -> Self {
        let out = File::create(folder.path(&format!("logs/{name}.out"))).expect("a log");
        assert!(Path::new(program).exists(), "no {program}: install the packages of e2e/real_sp/packages.txt");
        let child = Command::new("/bin/sh")
            .args(["-c", KEEPER, name, program])
            .args(arguments)
            // Cargo's own library path would lead a foreign program to the wrong libraries.
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .current_dir(folder.path(""))
            .stdin(Stdio::piped())
            .stdout(out.try_clone().expect("a log"))
            .stderr(out)
            .spawn()
            .expect("a shell starts");
        Self(child)
    }

    /// Waits until `ready` holds; fails the test with the logs if the server ends before, or after 30 seconds.
    pub fn wait(&mut self, folder: &Folder, ready: impl Fn() -> bool) {
        let begun = Instant::now();
        while !ready() {
            if let Ok(Some(status)) = self.0.try_wait() {
                panic!("the server ended at once ({status}):\n{}", folder.logs());
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "the server isn't ready after 30 s:\n{}", folder.logs());
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Starts Apache in one process with the given module configuration and waits until it answers on `port`.
pub fn apache(folder: &Folder, port: u16, module: &str) -> Daemon {
    // Started as root, Apache changes to the account of the Debian package; otherwise it stays who it is.
    let root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let user = if root { "User www-data\nGroup www-data" } else { "" };
    let level = if std::env::var_os("E2E_VERBOSE").is_some() { "debug" } else { "info" };
    let values = [("MODULE", module), ("PORT", &port.to_string()), ("USER", user), ("LOG_LEVEL", level)];
    folder.fill("apache.conf", include_str!("templates/apache.conf"), &values);
    folder.write("htdocs/secret/index.html", include_str!("templates/secret.html"));
    folder.write("htdocs/index.html", "<!DOCTYPE html><title>start</title><p>Not secret.</p>");
    let conf = folder.path("apache.conf");
    let mut daemon = Daemon::start(folder, "apache", "/usr/sbin/apache2", &["-X", "-f", &conf.to_string_lossy()]);
    daemon.wait(folder, || fetch(port, "/").is_ok_and(|page| page.contains("Not secret.")));
    daemon
}

/// Fetches a page by HTTP/1.0: enough for one's own Apache, and blocking, as all of starting is.
pub fn fetch(port: u16, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or(answer))
}

/// Writes a key as `NAME-key.pem` and `NAME-cert.pem`.
pub fn write_key(keys: &KeyPair, folder: &Folder, name: &str) {
    let key = keys.key.private_key_to_pem_pkcs8().expect("a PEM text");
    let der = openssl::base64::decode_block(&keys.certificate).expect("a DER form");
    let certificate = X509::from_der(&der).and_then(|certificate| certificate.to_pem()).expect("a PEM text");
    folder.write(&format!("{name}-key.pem"), &String::from_utf8_lossy(&key));
    folder.write(&format!("{name}-cert.pem"), &String::from_utf8_lossy(&certificate));
}

/// A fresh RSA-3072 key and its self-signed certificate.
pub fn fresh_key(name: &str) -> KeyPair {
    KeyPair::make(name, 3072).expect("a key")
}
