use super::*;
use secrecy::ExposeSecret;

async fn from_command(words: &[&str]) -> Result<String, String> {
    let words = words.iter().map(ToString::to_string).collect();
    let source = PasswordSource::Command(words);
    match password(&source, "the mailbox \"support\"").await {
        Ok(found) => Ok(found.expose_secret().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[tokio::test]
async fn a_command_gives_the_first_line_it_prints() {
    for (printed, expected) in [
        ("secret\n", "secret"),
        ("secret", "secret"),
        ("secret\r\nuser: ana\n", "secret"),
        (" spaces stay \n", " spaces stay "),
        ("pässword\n", "pässword"),
    ] {
        assert_eq!(
            from_command(&["printf", "%s", printed]).await.unwrap(),
            expected
        );
    }
}

#[tokio::test]
async fn a_command_is_run_without_a_shell() {
    let literal = "$HOME; echo `id` | cat > /dev/null";
    assert_eq!(
        from_command(&["printf", "%s", literal]).await.unwrap(),
        literal
    );
}

#[tokio::test]
async fn a_command_that_fails_is_named_with_its_own_words_made_harmless() {
    for (words, expected) in [
        (vec![], "password-command is empty"),
        (vec!["/no/such/program"], "/no/such/program"),
        (vec!["false"], "\"false\" failed"),
        (vec!["true"], "printed no password"),
        (vec!["printf", "\nsecond line"], "printed no password"),
        (vec!["printf", "\\377\\376\n"], "printed no password"),
        (vec!["sh", "-c", "echo locked >&2; exit 3"], "locked"),
    ] {
        let error = from_command(&words).await.unwrap_err();
        assert!(error.contains(expected), "{words:?}: {error}");
    }
    let hostile = "printf '\\033[2Jgone\\033]52;c;x\\007' >&2; exit 1";
    let error = from_command(&["sh", "-c", hostile]).await.unwrap_err();
    assert!(
        error.contains("gone") && !error.chars().any(char::is_control),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_password_is_in_no_debug_output() {
    let source = PasswordSource::Command(vec!["echo".into(), "secret-word".into()]);
    let found = password(&source, "a test").await.unwrap();
    assert!(!format!("{found:?}").contains("secret-word"));
}

#[tokio::test]
async fn a_keyring_that_is_not_there_is_an_error_and_no_wait() {
    // Nobody has this entry, whether or not a keyring runs here.
    let source = PasswordSource::Keyring {
        service: "postroom-test-nobody".into(),
        user: "nobody".into(),
    };
    let error = password(&source, "a test").await.unwrap_err();
    assert!(
        matches!(error, Error::Keyring(_) | Error::NoEntry { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("password-command"), "{error}");
}

/// Not a test of its own: what [`the_terminal_asks_without_echo`] runs inside a terminal.
#[tokio::test]
#[ignore = "run by the_terminal_asks_without_echo"]
async fn asks_in_a_terminal() {
    match password(&PasswordSource::Prompt, "a test").await {
        Ok(found) => println!("got {} letters", found.expose_secret().len()),
        Err(error) => println!("got {error}"),
    }
}

#[test]
fn the_terminal_asks_without_echo() {
    use portable_pty::{CommandBuilder, PtySize, native_pty_system};
    use std::io::{Read, Write};
    for (typed, expected) in [
        ("sesame open\r", "got 11 letters"),
        ("\r", "nothing was typed"),
        // Ctrl-C, without a line end.
        ("ses\u{3}", "interrupted"),
    ] {
        let pty = native_pty_system().openpty(PtySize::default()).unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--exact", "secrets::tests::asks_in_a_terminal"]);
        command.args(["--ignored", "--nocapture"]);
        let mut child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let mut shown = String::new();
        let mut reader = pty.master.try_clone_reader().unwrap();
        let mut byte = [0];
        while !shown.ends_with("a test: ") {
            assert_eq!(reader.read(&mut byte).unwrap(), 1, "{shown}");
            shown.push(char::from(byte[0]));
        }
        let mut keys = pty.master.take_writer().unwrap();
        keys.write_all(typed.as_bytes()).unwrap();
        child.wait().unwrap();
        drop(keys);
        drop(pty.master);
        // A closed terminal ends in an error on Linux, after all its output.
        let mut rest = Vec::new();
        let _closed = reader.read_to_end(&mut rest);
        let rest = String::from_utf8_lossy(&rest).to_lowercase();
        assert!(rest.contains(expected), "{typed:?}: {rest}");
        assert!(!rest.contains("ses"), "{rest}");
    }
}
