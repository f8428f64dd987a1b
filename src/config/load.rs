//! The file to a [`Config`], or one sentence that names file, line and field.

use super::section::{Found, Section, Source};
use super::{AfterSend, Config, Folders, Mailbox, Me, Password, Screen, Security, Send, Server};
use super::{Places, Warning};
use crate::limits;
use crate::team::{Agent, Status};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::DeTable;

/// A configuration that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// What is odd but not fatal, by line.
    pub warnings: Vec<Warning>,
    /// The file they came from.
    pub path: PathBuf,
    /// Every option the program knows in the sections that are there, as `section.key`.
    pub known: BTreeSet<String>,
}

/// Why there is no configuration. Holds text from the file: clean it before showing it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The platform names no home directory.
    #[error(
        "there is no home directory to keep files in; set HOME, or name the files with --config, \
         --cache-dir and --data-dir"
    )]
    NoHome,
    /// No such file.
    #[error(
        "there is no configuration at {}; copy config.example.toml there and fill it in, or look \
         around first with `postroom demo`", .0.display()
    )]
    Absent(PathBuf),
    /// It cannot be read.
    #[error("cannot read {}: {why}; check its owner and permissions", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why, from the operating system.
        why: std::io::Error,
    },
    /// It is not text of a sensible size.
    #[error("{} is not a text file of at most {} bytes", .0.display(), limits::CONFIG_BYTES)]
    NotText(PathBuf),
    /// It is not TOML.
    #[error("{}, line {line}: {why}", .file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What the parser says.
        why: String,
    },
    /// An option without a default is missing.
    #[error("{}, line {line}: {field} is missing; {hint}", .file.display())]
    Missing {
        /// The file.
        file: PathBuf,
        /// Line of its section, from 1.
        line: usize,
        /// The option.
        field: String,
        /// What to add or to change.
        hint: String,
    },
    /// A value that is not allowed.
    #[error("{}, line {line}: {field} must be {expected}", .file.display())]
    Wrong {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: usize,
        /// The option.
        field: String,
        /// What is allowed.
        expected: String,
    },
    /// A password in the file.
    #[error(
        "{}, line {line}: {field}: passwords do not belong in this file; remove it and use \
         password-command = [\"pass\", \"show\", \"support\"], or password-from = \"keyring\" or \
         \"prompt\"", .file.display()
    )]
    Secret {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: usize,
        /// The option.
        field: String,
    },
}

/// Reads the file at `path`, or at the platform's place.
pub fn load(path: Option<&Path>) -> Result<Loaded, ConfigError> {
    let path = match path {
        Some(path) => path.to_owned(),
        None => Places::of_platform()?.config,
    };
    let text = read(&path)?;
    parse(&path, &text)
}

/// Understands the text of a configuration; `path` is for messages and for relative file names.
pub fn parse(path: &Path, text: &str) -> Result<Loaded, ConfigError> {
    let source = Source { file: path, text };
    let document = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
        file: path.to_owned(),
        line: source.line(error.span().map_or(0, |span| span.start)),
        why: error.message().replace('\n', ", "),
    })?;
    let mut found = Found::default();
    let mut root = Section::root(&source, document.get_ref());
    let me = me(root.section("me")?, &mut found)?;
    let mut mailboxes: Vec<Mailbox> = Vec::new();
    for section in root.sections("mailbox")? {
        let line = section.starts();
        let mailbox = mailbox(section, path, &mut found)?;
        if mailboxes.iter().any(|other| other.name == mailbox.name) {
            return Err(ConfigError::Wrong {
                file: path.to_owned(),
                line,
                field: "mailbox.name".to_owned(),
                expected: format!("different for each mailbox; {} is used twice", mailbox.name),
            });
        }
        mailboxes.push(mailbox);
    }
    if mailboxes.is_empty() {
        return Err(ConfigError::Missing {
            file: path.to_owned(),
            line: source.line(text.len()),
            field: "mailbox".to_owned(),
            hint: "add a section [[mailbox]] with its address, imap and smtp".to_owned(),
        });
    }
    let screen = screen(root.section("screen")?, &mut found)?;
    let send = send(root.section("send")?, &mut found)?;
    root.finish(&mut found)?;
    found.warnings.sort_by_key(|warning| warning.line);
    Ok(Loaded {
        config: Config {
            me,
            mailboxes,
            screen,
            send,
        },
        warnings: found.warnings,
        path: path.to_owned(),
        known: found.known,
    })
}

/// A file that is too large, or endless, is refused before it fills the memory.
fn read(path: &Path) -> Result<String, ConfigError> {
    let unreadable = |why: std::io::Error| match why.kind() {
        std::io::ErrorKind::NotFound => ConfigError::Absent(path.to_owned()),
        std::io::ErrorKind::InvalidData => ConfigError::NotText(path.to_owned()),
        _ => ConfigError::Unreadable {
            file: path.to_owned(),
            why,
        },
    };
    let mut text = String::new();
    let file = File::open(path).map_err(unreadable)?;
    let mut file = file.take(limits::CONFIG_BYTES + 1);
    let size = file.read_to_string(&mut text).map_err(unreadable)?;
    if size as u64 > limits::CONFIG_BYTES {
        return Err(ConfigError::NotText(path.to_owned()));
    }
    Ok(text)
}

fn me(mut section: Section<'_>, found: &mut Found) -> Result<Me, ConfigError> {
    let name = section.needed("name", "Ana Ruiz")?;
    let address = address(&mut section, "ana@acme.example")?;
    let nick = match section.line("nick")?.filter(|nick| !nick.is_empty()) {
        None => nick_of(&address),
        Some(nick) if Agent::parse(&nick).is_some() => nick,
        Some(_) => {
            let expected = "1 to 20 characters out of a-z, 0-9, dot, hyphen and underscore";
            return Err(section.wrong("nick", expected));
        }
    };
    section.finish(found)?;
    Ok(Me {
        name,
        address,
        nick,
    })
}

fn mailbox(
    mut section: Section<'_>,
    path: &Path,
    found: &mut Found,
) -> Result<Mailbox, ConfigError> {
    let address = address(&mut section, "support@acme.example")?;
    let local = nick_of(&address);
    let name = match section.line("name")?.filter(|name| !name.is_empty()) {
        None => local,
        Some(name) if is_plain_name(&name) => name,
        Some(_) => {
            let expected =
                "1 to 40 letters, digits, dots, hyphens or underscores, not starting with a dot";
            return Err(section.wrong("name", expected));
        }
    };
    let also = section.words("also")?.unwrap_or_default();
    if !also.iter().all(|other| is_address(other)) {
        return Err(section.wrong("also", "a list of mail addresses"));
    }
    let from_name = section.line("from-name")?.filter(|n| !n.is_empty());
    let signature = section.text("signature")?.unwrap_or_default();
    let presence = section.flag("presence")?.unwrap_or(true);
    let keywords = section.flag("keywords")?.unwrap_or(true);
    let folders = folders(section.section("folders")?, found)?;
    let imap = server(section.section("imap")?, &IMAP, None, path, found)?;
    let smtp = server(section.section("smtp")?, &SMTP, Some(&imap), path, found)?;
    section.finish(found)?;
    Ok(Mailbox {
        from_name: from_name.unwrap_or_else(|| name.clone()),
        name,
        address,
        also,
        signature,
        imap,
        smtp,
        folders,
        presence,
        keywords,
    })
}

fn folders(mut section: Section<'_>, found: &mut Found) -> Result<Folders, ConfigError> {
    let folders = Folders {
        inbox: section.line("inbox")?.unwrap_or_default(),
        sent: section.line("sent")?.unwrap_or_default(),
        journal: section.line("journal")?.unwrap_or_default(),
        outbox: section.line("outbox")?.unwrap_or_default(),
    };
    section.finish(found)?;
    Ok(folders)
}

/// What differs between the two kinds of server.
struct Kind {
    example: &'static str,
    tls: u16,
    starttls: u16,
}

/// RFC 8314 section 3.2: 993 implicit; 143 with STARTTLS.
const IMAP: Kind = Kind {
    example: "imap.acme.example",
    tls: 993,
    starttls: 143,
};

/// RFC 8314 section 3.3: 465 implicit; 587 with STARTTLS.
const SMTP: Kind = Kind {
    example: "smtp.acme.example",
    tls: 465,
    starttls: 587,
};

fn server(
    mut section: Section<'_>,
    kind: &Kind,
    like: Option<&Server>,
    path: &Path,
    found: &mut Found,
) -> Result<Server, ConfigError> {
    let host = section.needed("host", kind.example)?;
    let Some(host) = host_of(&host) else {
        let expected = "a host name or an IP address; the port goes into its own option";
        return Err(section.wrong("host", expected));
    };
    let words = Security::ALL.map(|security| (security.word(), security));
    let security = section.choice("security", &words)?;
    let security = security.unwrap_or(Security::Tls);
    let usual = match security {
        Security::Tls => kind.tls,
        Security::StartTls | Security::None => kind.starttls,
    };
    let port = section.number("port", 1, u32::from(u16::MAX))?;
    let user = match like {
        None => section.needed("user", "support")?,
        Some(other) => {
            let user = section.line("user")?.filter(|user| !user.is_empty());
            user.unwrap_or_else(|| other.user.clone())
        }
    };
    let password = password(&mut section, like)?;
    let ca_file = section.line("ca-file")?.filter(|name| !name.is_empty());
    let server = Server {
        host,
        port: port.and_then(|p| u16::try_from(p).ok()).unwrap_or(usual),
        security,
        user,
        password,
        ca_file: match ca_file {
            Some(name) => Some(file_named(&name, path)),
            None => like.and_then(|other| other.ca_file.clone()),
        },
    };
    if security == Security::None && !server.is_loopback() {
        let expected = "\"tls\" or \"starttls\"; \"none\" is for this machine only (localhost)";
        return Err(section.wrong("security", expected));
    }
    section.finish(found)?;
    Ok(server)
}

fn password(section: &mut Section<'_>, like: Option<&Server>) -> Result<Password, ConfigError> {
    let command = section.words("password-command")?.unwrap_or_default();
    let words = [("prompt", Password::Prompt), ("keyring", Password::Keyring)];
    let words = words.each_ref().map(|(word, password)| (*word, password));
    let source = section.choice("password-from", &words)?.cloned();
    match (command.first(), source) {
        (None, None) => Ok(like.map_or(Password::Prompt, |other| other.password.clone())),
        (None, Some(source)) => Ok(source),
        (Some(_), Some(_)) => {
            Err(section.wrong("password-from", "left out when password-command is set"))
        }
        (Some(program), None) if program.is_empty() => {
            let expected = "a program and its arguments, such as [\"pass\", \"show\", \"support\"]";
            Err(section.wrong("password-command", expected))
        }
        (Some(_), None) => Ok(Password::Command(command)),
    }
}

fn screen(mut section: Section<'_>, found: &mut Found) -> Result<Screen, ConfigError> {
    let usual = Screen::default();
    let places = AfterSend::ALL.map(|place| (place.word(), place));
    let screen = Screen {
        ascii: section.flag("ascii")?.unwrap_or(usual.ascii),
        mouse: section.flag("mouse")?.unwrap_or(usual.mouse),
        after_send: section
            .choice("after-send", &places)?
            .unwrap_or(usual.after_send),
        read_after: seconds(&mut section, "read-after-seconds")?.unwrap_or(usual.read_after),
    };
    section.finish(found)?;
    Ok(screen)
}

fn send(mut section: Section<'_>, found: &mut Found) -> Result<Send, ConfigError> {
    let usual = Send::default();
    let values = Status::ALL.map(|status| (status.word(), status));
    let send = Send {
        hold: seconds(&mut section, "hold-seconds")?.unwrap_or(usual.hold),
        status: section.choice("status", &values)?.unwrap_or(usual.status),
    };
    section.finish(found)?;
    Ok(send)
}

fn seconds(section: &mut Section<'_>, key: &'static str) -> Result<Option<Duration>, ConfigError> {
    let number = section.number(key, 0, 3600)?;
    Ok(number.map(|seconds| Duration::from_secs(seconds.into())))
}

fn address(section: &mut Section<'_>, example: &str) -> Result<String, ConfigError> {
    let address = section.needed("address", example)?;
    if !is_address(&address) {
        return Err(section.wrong("address", &format!("a mail address such as {example}")));
    }
    Ok(address)
}

/// Strict on purpose: this address is written into mail headers and server commands.
fn is_address(text: &str) -> bool {
    let fine = |c: char| !c.is_control() && !c.is_whitespace() && !"<>()[]\\,;:\"".contains(c);
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.is_empty()
            && !domain.contains('@')
            && text.len() <= 254
            && text.chars().all(fine)
    })
}

/// A host without the brackets that some people write around IPv6 addresses.
fn host_of(text: &str) -> Option<String> {
    let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    let host = inner.unwrap_or(text);
    let fine = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    (host.parse::<IpAddr>().is_ok() || (inner.is_none() && host.chars().all(fine)))
        .then(|| host.to_owned())
}

/// Names become folder names on disk.
fn is_plain_name(name: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (1..=40).contains(&name.len()) && name.chars().all(fine) && !name.starts_with('.')
}

/// The left part of an address with everything odd replaced, so that it is always a valid nick.
fn nick_of(address: &str) -> String {
    let local = address.split('@').next().unwrap_or_default();
    let plain = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c) => c,
        _ => '-',
    };
    let nick: String = local.chars().map(plain).take(20).collect();
    let nick = nick.trim_start_matches('.');
    if nick.is_empty() {
        "agent".to_owned()
    } else {
        nick.to_owned()
    }
}

/// A file named in the configuration: from the home directory with `~/`, else from the
/// configuration's own folder.
fn file_named(name: &str, config: &Path) -> PathBuf {
    let home = directories::BaseDirs::new();
    match (name.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.home_dir().join(rest),
        _ => match config.parent() {
            Some(folder) => folder.join(name),
            None => PathBuf::from(name),
        },
    }
}
