//! A throw-away Dovecot on loopback: its own directory, free ports, stopped by its own process id.

use postroom::clock;
use postroom::net::{Endpoint, Security};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustix::process::{Pid, Signal, getuid, kill_process};
use secrecy::SecretString;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const BINARY: &str = "/usr/sbin/dovecot";

/// How Dovecot stores mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Maildir,
    Sdbox,
}

/// Every format a test should pass on.
pub const FORMATS: [Format; 2] = [Format::Maildir, Format::Sdbox];

/// A running server. Any user name exists, each with an empty mailbox; every password is `pw`.
pub struct Dovecot {
    pub host: &'static str,
    /// IMAP in clear text, and STARTTLS.
    pub port: u16,
    /// IMAP over TLS.
    pub imaps_port: u16,
    pub user: &'static str,
    pub pass: &'static str,
    /// The CA that signed its certificate for `localhost` and 127.0.0.1.
    pub cert: PathBuf,
    pub dir: PathBuf,
    master: Child,
    _dir: TempDir,
}

impl Dovecot {
    /// Starts a server that does not wait for the disk. `None` only where the person running the
    /// tests said that servers may be missing; otherwise a missing server is a failure.
    pub fn start(format: Format) -> Option<Self> {
        Self::launch(format, "never", "")
    }

    /// Starts a server that writes as a real one does: an acknowledged message is on the disk.
    pub fn start_durable(format: Format) -> Option<Self> {
        Self::launch(format, "optimized", "")
    }

    /// Starts a server with extra lines in its configuration, which win over ours.
    pub fn start_with(format: Format, extra: &str) -> Option<Self> {
        Self::launch(format, "never", extra)
    }

    /// How to reach it as `user`, over TLS.
    pub fn endpoint(&self, user: &str) -> Endpoint {
        Endpoint {
            host: "localhost".to_owned(),
            port: self.imaps_port,
            security: Security::Tls,
            ca_file: Some(self.cert.clone()),
            user: user.to_owned(),
        }
    }

    /// How to reach it as `user`, in clear text.
    pub fn plain(&self, user: &str) -> Endpoint {
        Endpoint {
            host: self.host.to_owned(),
            port: self.port,
            security: Security::None,
            ca_file: None,
            user: user.to_owned(),
        }
    }

    /// Every user's password.
    pub fn password(&self) -> SecretString {
        SecretString::from(self.pass)
    }

    /// What the server wrote to its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }

    fn launch(format: Format, fsync: &str, extra: &str) -> Option<Self> {
        if let Err(reason) = available() {
            if std::env::var_os("POSTROOM_TESTS_WITHOUT_SERVERS").is_some() {
                eprintln!("left out: {reason}");
                return None;
            }
            panic!("{reason}\nTo run the other tests, set POSTROOM_TESTS_WITHOUT_SERVERS=1.");
        }
        // Between choosing a port and using it somebody else may take it.
        for _ in 0..5 {
            if let Some(running) = Self::try_launch(format, fsync, extra) {
                return Some(running);
            }
        }
        panic!("Dovecot does not start; its words are above");
    }

    fn try_launch(format: Format, fsync: &str, extra: &str) -> Option<Self> {
        let temporary = tempfile::tempdir().expect("a temporary directory");
        let dir = temporary.path().to_owned();
        // The mail processes run as another user and must get through.
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(dir.join("run")).unwrap();
        fs::create_dir(dir.join("mail")).unwrap();
        fs::set_permissions(dir.join("mail"), fs::Permissions::from_mode(0o777)).unwrap();
        certificates(&dir);
        let (port, imaps_port) = free_ports();
        let conf = dir.join("dovecot.conf");
        fs::write(
            &conf,
            configuration(&dir, format, (port, imaps_port), fsync) + extra,
        )
        .unwrap();
        let mut master = Command::new(BINARY)
            .arg("-F")
            .arg("-c")
            .arg(&conf)
            // Started from inside another Dovecot it would read that one's configuration.
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(dir.join("stderr")).unwrap())
            .spawn()
            .unwrap_or_else(|error| panic!("{BINARY}: {error}"));
        if !answers(&mut master, port) {
            eprintln!(
                "{}",
                fs::read_to_string(dir.join("stderr")).unwrap_or_default()
            );
            eprintln!(
                "{}",
                fs::read_to_string(dir.join("log")).unwrap_or_default()
            );
            stop(&mut master);
            return None;
        }
        Some(Self {
            host: "127.0.0.1",
            port,
            imaps_port,
            user: "team",
            pass: "pw",
            cert: dir.join("ca.pem"),
            dir,
            master,
            _dir: temporary,
        })
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        stop(&mut self.master);
    }
}

fn available() -> Result<(), String> {
    let installed = "These tests need Dovecot 2.3: apt-get install dovecot-imapd";
    let version = Command::new(BINARY)
        .arg("--version")
        .output()
        .map_err(|error| format!("{installed} ({BINARY}: {error})"))?;
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    if !version.starts_with("2.3.") {
        return Err(format!("{installed} (found {})", version.trim()));
    }
    if !getuid().is_root() {
        return Err("The Dovecot tests run as root only, because Dovecot changes users".to_owned());
    }
    Ok(())
}

/// Asks the master to end, which takes its children along, and waits for it.
fn stop(master: &mut Child) {
    let pid = i32::try_from(master.id()).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        let _gone_already = kill_process(pid, Signal::TERM);
    }
    for _ in 0..100 {
        if master.try_wait().is_ok_and(|ended| ended.is_some()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let _gone_already = master.kill();
    let _reaped = master.wait();
}

fn answers(master: &mut Child, port: u16) -> bool {
    let began = clock::monotonic();
    while began.elapsed() < Duration::from_secs(20) {
        if master.try_wait().is_ok_and(|ended| ended.is_some()) {
            return false;
        }
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

fn free_ports() -> (u16, u16) {
    let bound = [0; 2].map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    let ports = bound.each_ref().map(|b| b.local_addr().unwrap().port());
    (ports[0], ports[1])
}

fn certificates(dir: &Path) {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_certificate = ca.self_signed(&ca_key).unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::from_params(&ca, &ca_key);
    let certificate = CertificateParams::new(names)
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    fs::write(dir.join("ca.pem"), ca_certificate.pem()).unwrap();
    fs::write(dir.join("cert.pem"), certificate.pem()).unwrap();
    fs::write(dir.join("key.pem"), key.serialize_pem()).unwrap();
}

fn configuration(dir: &Path, format: Format, ports: (u16, u16), fsync: &str) -> String {
    let location = match format {
        Format::Maildir => "maildir:~/Maildir",
        Format::Sdbox => "sdbox:~/sdbox",
    };
    CONFIGURATION
        .replace("@dir@", &dir.display().to_string())
        .replace("@location@", location)
        .replace("@port@", &ports.0.to_string())
        .replace("@imaps_port@", &ports.1.to_string())
        .replace("@fsync@", fsync)
}

/// Dovecot 2.3's. Any user may sign in, and many times at once.
const CONFIGURATION: &str = r"base_dir = @dir@/run
state_dir = @dir@/run
instance_name = postroom-@port@
protocols = imap
listen = 127.0.0.1
log_path = @dir@/log
ssl = yes
ssl_cert = <@dir@/cert.pem
ssl_key = <@dir@/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
default_internal_user = dovecot
default_login_user = dovenull
first_valid_uid = 1
first_valid_gid = 1
mail_uid = mail
mail_gid = mail
mail_home = @dir@/mail/%u
mail_location = @location@
mail_fsync = @fsync@
mail_max_userip_connections = 500
default_client_limit = 2000
default_process_limit = 500
mailbox_list_index = yes
passdb {
  driver = static
  args = password=pw
}
userdb {
  driver = static
  args = uid=mail gid=mail home=@dir@/mail/%u
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Drafts {
    special_use = \Drafts
    auto = create
  }
  mailbox Sent {
    special_use = \Sent
    auto = create
  }
  mailbox Trash {
    special_use = \Trash
    auto = create
  }
  mailbox Junk {
    special_use = \Junk
    auto = create
  }
  mailbox Archive {
    special_use = \Archive
    auto = create
  }
}
service imap-login {
  inet_listener imap {
    port = @port@
  }
  inet_listener imaps {
    port = @imaps_port@
    ssl = yes
  }
  process_min_avail = 1
  service_count = 0
}
service imap {
  process_limit = 600
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
service anvil {
  unix_listener anvil {
    mode = 0666
  }
}
";
