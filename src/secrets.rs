//! Adapter: where passwords come from. Never from the command line, never into a log.

mod command;
mod error;
mod keyring;
mod prompt;

pub use error::Error;
pub use keyring::remember;

use secrecy::SecretString;

/// Where to ask for a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordSource {
    /// A program and its arguments, run without a shell; the first line it prints.
    Command(Vec<String>),
    /// The desktop's keyring.
    Keyring {
        /// The entry's service attribute.
        service: String,
        /// The entry's user attribute.
        user: String,
    },
    /// The terminal, without echo.
    Prompt,
}

/// Asks for a password. `what` names it in the prompt and in errors, such as
/// `the mailbox "support"`.
pub async fn password(source: &PasswordSource, what: &str) -> Result<SecretString, Error> {
    let found = match source {
        PasswordSource::Command(words) => command::run(words).await?,
        PasswordSource::Keyring { service, user } => {
            keyring::look_up(service.clone(), user.clone()).await?
        }
        PasswordSource::Prompt => prompt::ask(what.to_owned()).await?,
    };
    Ok(found)
}

/// Runs something that may block for ever. On a thread of its own, because the runtime would wait
/// for its own threads at the end of the program. `None` when it panicked.
async fn on_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // Nobody waits any more when the deadline has passed.
        let _nobody = tell.send(work());
    });
    told.await.ok()
}

#[cfg(test)]
mod tests;
