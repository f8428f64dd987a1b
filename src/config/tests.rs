use super::*;
use std::path::Path;

const FILE: &str = "/etc/postroom/config.toml";
const EXAMPLE: &str = include_str!("../../config.example.toml");

/// The smallest configuration of the manual.
const SMALLEST: &str = r#"[me]
name = "Ana Ruiz"
address = "ana@acme.example"

[[mailbox]]
name = "support"
address = "support@acme.example"
[mailbox.imap]
host = "imap.acme.example"
user = "support"
password-command = ["pass", "show", "support"]
[mailbox.smtp]
host = "smtp.acme.example"
"#;

fn read(text: &str) -> Loaded {
    parse(Path::new(FILE), text).unwrap()
}

fn sentence(text: &str) -> String {
    parse(Path::new(FILE), text).unwrap_err().to_string()
}

fn smallest_with(old: &str, new: &str) -> String {
    assert!(SMALLEST.contains(old));
    SMALLEST.replacen(old, new, 1)
}

/// The example with every `#option = value` switched on.
fn example_switched_on() -> String {
    let option = |line: &str| {
        line.strip_prefix('#')
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
            .map_or_else(|| line.to_owned(), str::to_owned)
    };
    EXAMPLE.lines().map(option).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_smallest_configuration_is_enough() {
    let loaded = read(SMALLEST);
    assert_eq!(loaded.warnings, []);
    let command = Password::Command(["pass", "show", "support"].map(str::to_owned).into());
    let server = |host: &str, port| Server {
        host: host.to_owned(),
        port,
        security: Security::Tls,
        user: "support".to_owned(),
        password: command.clone(),
        ca_file: None,
    };
    let expected = Config {
        me: Me {
            name: "Ana Ruiz".to_owned(),
            address: "ana@acme.example".to_owned(),
            nick: "ana".to_owned(),
        },
        mailboxes: vec![Mailbox {
            name: "support".to_owned(),
            address: "support@acme.example".to_owned(),
            also: Vec::new(),
            from_name: "support".to_owned(),
            signature: String::new(),
            imap: server("imap.acme.example", 993),
            smtp: server("smtp.acme.example", 465),
            folders: Folders::default(),
            presence: true,
            keywords: true,
        }],
        screen: Screen::default(),
        send: Send::default(),
    };
    assert_eq!(loaded.config, expected);
}

#[test]
fn the_example_shows_every_option_with_its_default() {
    let as_it_is = read(EXAMPLE);
    let switched_on = read(&example_switched_on());
    assert_eq!(as_it_is.warnings, []);
    assert_eq!(switched_on.warnings, []);
    assert_eq!(switched_on.config, as_it_is.config);
    let table: toml::Table = toml::from_str(&example_switched_on()).unwrap();
    for option in &switched_on.known {
        assert!(
            holds(&table, option),
            "{option} is not in config.example.toml"
        );
    }
    assert!(switched_on.known.contains("mailbox.smtp.ca-file"));
}

/// Whether the file has a value for `a.b.c`; a list of tables stands for its first.
fn holds(table: &toml::Table, option: &str) -> bool {
    let (key, rest) = option.split_once('.').unwrap_or((option, ""));
    match table.get(key) {
        None => false,
        Some(_) if rest.is_empty() => true,
        Some(toml::Value::Table(inner)) => holds(inner, rest),
        Some(toml::Value::Array(list)) => holds(list[0].as_table().unwrap(), rest),
        Some(_) => false,
    }
}

#[test]
fn ports_follow_the_protection_unless_they_are_named() {
    let cases = [
        ("security = \"starttls\"", 143),
        ("security = \"tls\"", 993),
        ("security = \"starttls\"\nport = 10143", 10143),
    ];
    for (lines, port) in cases {
        let text = smallest_with(
            "user = \"support\"",
            &format!("user = \"support\"\n{lines}"),
        );
        assert_eq!(read(&text).config.mailboxes[0].imap.port, port, "{lines}");
    }
    let smtp = "host = \"smtp.acme.example\"";
    let text = smallest_with(smtp, &format!("{smtp}\nsecurity = \"starttls\""));
    assert_eq!(read(&text).config.mailboxes[0].smtp.port, 587);
}

#[test]
fn smtp_may_have_its_own_login() {
    let smtp = "host = \"smtp.acme.example\"";
    let own = format!("{smtp}\nuser = \"relay\"\npassword-from = \"keyring\"");
    let server = &read(&smallest_with(smtp, &own)).config.mailboxes[0].smtp;
    assert_eq!(
        (server.user.as_str(), &server.password),
        ("relay", &Password::Keyring)
    );
}

#[test]
fn an_unprotected_connection_is_for_this_machine_only() {
    for host in ["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"] {
        let text = smallest_with(
            "host = \"imap.acme.example\"",
            &format!("host = \"{host}\"\nsecurity = \"none\""),
        );
        assert_eq!(
            read(&text).config.mailboxes[0].imap.security,
            Security::None,
            "{host}"
        );
    }
    for host in [
        "imap.acme.example",
        "192.0.2.1",
        "localhost.acme.example",
        "::2",
    ] {
        let text = smallest_with(
            "host = \"imap.acme.example\"",
            &format!("host = \"{host}\"\nsecurity = \"none\""),
        );
        let sentence = sentence(&text);
        assert!(
            sentence.contains("line 10: mailbox.imap.security must be"),
            "{sentence}"
        );
    }
}

const USER: &str = "user = \"support\"";

/// What is replaced in the smallest configuration, by what, and part of the sentence.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        USER,
        "user = 3",
        "line 10: mailbox.imap.user must be text in quotes",
    ),
    (
        USER,
        "user = \"a\"\nport = 70000",
        "line 11: mailbox.imap.port must be a whole number from 1 to 65535",
    ),
    (
        USER,
        "user = \"a\"\nport = \"993\"",
        "line 11: mailbox.imap.port must be a whole number",
    ),
    (
        USER,
        "user = \"a\\r\\nb\"",
        "line 10: mailbox.imap.user must be text in quotes on one line",
    ),
    (
        USER,
        "user = \"a\"\nsecurity = \"ssl\"",
        "must be one of \"tls\", \"starttls\", \"none\"",
    ),
    (
        USER,
        "user = \"a\"\npassword-from = \"prompt\"",
        "must be left out when password-command is set",
    ),
    (
        USER,
        "",
        "line 8: mailbox.imap.user is missing; add user = \"support\"",
    ),
    (
        USER,
        "usr = \"a\"",
        "mailbox.imap.user is missing; is `usr` on line 10 meant?",
    ),
    (
        "\"imap.acme.example\"",
        "\"imap.acme.example:993\"",
        "the port goes into its own option",
    ),
    (
        "\"ana@acme.example\"",
        "\"ana\"",
        "line 3: me.address must be a mail address such as",
    ),
    (
        "\"ana@acme.example\"",
        "\"ana@acme.example\"\nnick = \"Ana R\"",
        "line 4: me.nick must be 1 to 20",
    ),
    (
        "name = \"support\"",
        "name = \"../x\"",
        "line 6: mailbox.name must be",
    ),
    (
        "[[mailbox]]",
        "[mailbox]",
        "mailbox must be a list of tables, each written [[mailbox]]",
    ),
    (
        "[me]",
        "screen = 3\n[me]",
        "line 1: screen must be a table, written [screen]",
    ),
];

#[test]
fn mistakes_are_named_with_line_field_and_what_is_allowed() {
    for (old, new, part) in MISTAKES {
        let sentence = sentence(&smallest_with(old, new));
        assert!(sentence.starts_with(FILE), "{sentence}");
        assert!(sentence.contains(part), "{new}: {sentence}");
    }
}

#[test]
fn broken_toml_is_named_with_its_line() {
    let sentence = sentence("[me]\nname = \"Ana\naddress = 1\n");
    assert!(
        sentence.starts_with("/etc/postroom/config.toml, line 2: "),
        "{sentence}"
    );
    assert!(!sentence.contains('\n'), "{sentence}");
}

#[test]
fn a_password_in_the_file_is_refused_without_repeating_it() {
    let text = smallest_with(
        "password-command = [\"pass\", \"show\", \"support\"]",
        "password = \"hunter2\"",
    );
    let sentence = sentence(&text);
    assert!(
        sentence.contains("line 11: mailbox.imap.password"),
        "{sentence}"
    );
    assert!(sentence.contains("password-command"), "{sentence}");
    assert!(!sentence.contains("hunter2"), "{sentence}");
}

#[test]
fn unknown_options_are_warnings_with_line_and_nearest_name() {
    let text = format!("colour = 1\n{SMALLEST}securty = \"tls\"\n[screen]\nmuose = true\n");
    let loaded = read(&text);
    let shown: Vec<(usize, &str)> = loaded
        .warnings
        .iter()
        .map(|w| (w.line, w.text.raw()))
        .collect();
    assert_eq!(
        shown,
        [
            (1, "unknown option `colour`"),
            (
                15,
                "unknown option `mailbox.smtp.securty`, did you mean `security`?"
            ),
            (17, "unknown option `screen.muose`, did you mean `mouse`?"),
        ]
    );
}

#[test]
fn nobody_and_nothing_to_read_are_errors_too() {
    let no_mailbox = "[me]\nname = \"Ana\"\naddress = \"ana@acme.example\"\n";
    assert!(sentence(no_mailbox).contains("mailbox is missing; add a section [[mailbox]]"));
    assert!(sentence("").contains("me.name is missing"));
    let twice = format!("{SMALLEST}{}", SMALLEST.split_once("\n\n").unwrap().1);
    assert!(sentence(&twice).contains("support is used twice"));
}

#[test]
fn a_file_that_is_not_there_or_not_text_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let absent = dir.path().join("none.toml");
    let said = load(Some(&absent)).unwrap_err().to_string();
    assert!(said.contains("there is no configuration at"), "{said}");
    let binary = dir.path().join("binary.toml");
    std::fs::write(&binary, b"\xff\xfe\x00").unwrap();
    assert!(matches!(load(Some(&binary)), Err(ConfigError::NotText(_))));
    let huge = dir.path().join("huge.toml");
    std::fs::write(&huge, "# \n".repeat(400_000)).unwrap();
    assert!(matches!(load(Some(&huge)), Err(ConfigError::NotText(_))));
    let said = load(Some(dir.path())).unwrap_err().to_string();
    assert!(said.contains("cannot read"), "{said}");
}

#[test]
fn other_files_start_from_the_folder_of_the_configuration() {
    let user = "user = \"support\"";
    let text = smallest_with(user, &format!("{user}\nca-file = \"ca.pem\""));
    let mailbox = &read(&text).config.mailboxes[0];
    assert_eq!(
        mailbox.imap.ca_file.as_deref(),
        Some(Path::new("/etc/postroom/ca.pem"))
    );
    assert_eq!(mailbox.smtp.ca_file, mailbox.imap.ca_file);
}

#[test]
fn a_nick_is_made_from_any_address() {
    for (address, nick) in [
        ("ana@acme.example", "ana"),
        ("Ana.Ruiz+x@acme.example", "ana.ruiz-x"),
        (".@acme.example", "agent"),
        (
            "a-very-long-local-part-indeed@acme.example",
            "a-very-long-local-pa",
        ),
    ] {
        let text = smallest_with("\"ana@acme.example\"", &format!("{address:?}"));
        let me = read(&text).config.me;
        assert_eq!(me.nick, nick);
        assert!(crate::team::Agent::parse(&me.nick).is_some());
    }
}
