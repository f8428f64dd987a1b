//! Passwords from the desktop's keyring (Secret Service over D-Bus).

use super::Error;
use secrecy::SecretString;

/// Reads one entry.
pub(super) async fn look_up(service: String, user: String) -> Result<SecretString, Error> {
    platform::look_up(service, user).await
}

/// Stores one entry, replacing what was there.
pub async fn remember(service: String, user: String, password: SecretString) -> Result<(), Error> {
    platform::remember(service, user, password).await
}

#[cfg(feature = "secret-service")]
mod platform {
    use super::super::on_thread;
    use super::Error;
    use crate::{clock, limits};
    use keyring_core::api::CredentialStoreApi;
    use secrecy::{ExposeSecret, SecretString};
    use zbus_secret_service_keyring_store::Store;

    pub async fn look_up(service: String, user: String) -> Result<SecretString, Error> {
        patiently(move || {
            let entry = Store::new().and_then(|store| store.build(&service, &user, None));
            match entry.and_then(|entry| entry.get_password()) {
                Ok(password) => Ok(SecretString::from(password)),
                Err(keyring_core::Error::NoEntry) => Err(Error::NoEntry { service, user }),
                Err(error) => Err(unusable(&error)),
            }
        })
        .await
    }

    pub async fn remember(
        service: String,
        user: String,
        password: SecretString,
    ) -> Result<(), Error> {
        patiently(move || {
            Store::new()
                .and_then(|store| store.build(&service, &user, None))
                .and_then(|entry| entry.set_password(password.expose_secret()))
                .map_err(|error| unusable(&error))
        })
        .await
    }

    /// The store blocks, and without a keyring daemon it may block for long.
    async fn patiently<T: Send + 'static>(
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        match clock::deadline(limits::KEYRING_TIMEOUT, on_thread(work)).await {
            Ok(Some(done)) => done,
            Ok(None) => Err(Error::Keyring("it crashed".to_owned())),
            Err(_) => Err(Error::Keyring("it does not answer".to_owned())),
        }
    }

    fn unusable(error: &keyring_core::Error) -> Error {
        Error::Keyring(error.to_string())
    }
}

#[cfg(not(feature = "secret-service"))]
mod platform {
    use super::Error;
    use secrecy::SecretString;

    pub async fn look_up(_service: String, _user: String) -> Result<SecretString, Error> {
        Err(absent())
    }

    pub async fn remember(
        _service: String,
        _user: String,
        _password: SecretString,
    ) -> Result<(), Error> {
        Err(absent())
    }

    fn absent() -> Error {
        Error::Keyring("this postroom was built without it".to_owned())
    }
}
