//! Password hashes: argon2id, on threads of their own, a few at a time.

use std::sync::{Arc, LazyLock};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _},
};
use rallypoint_protocol::{ApiError, ErrorCode};
use tokio::sync::Semaphore;

use crate::domain::Answer;

pub(super) struct Passwords {
    permits: Arc<Semaphore>,
}

/// Verified in place of a missing hash, so that a wrong name takes as long as a wrong password.
static NOBODYS_HASH: LazyLock<Option<String>> = LazyLock::new(|| hash(b"nobody's password").ok());

impl Passwords {
    pub(super) fn new(concurrent: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(concurrent.max(1))) }
    }

    pub(super) async fn hash(&self, password: String) -> Answer<String> {
        self.run(move || hash(password.as_bytes())).await?.map_err(|_| ErrorCode::Internal.into())
    }

    pub(super) async fn verify(&self, password: String, expected: Option<String>) -> Answer<bool> {
        self.run(move || {
            let known = expected.is_some();
            let expected = expected.or_else(|| NOBODYS_HASH.clone()).unwrap_or_default();
            Argon2::default().verify_password(password.as_bytes(), expected.as_str()).is_ok() && known
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
        let unavailable = || ApiError::from(ErrorCode::Unavailable);
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| unavailable())?;
        let work = move || {
            let result = work();
            drop(permit);
            result
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| unavailable())
    }
}

fn hash(password: &[u8]) -> Result<String, argon2::password_hash::Error> {
    let hash: argon2::password_hash::phc::PasswordHash = Argon2::default().hash_password(password)?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_somebody_passes() {
        let passwords = Passwords::new(1);
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(passwords.verify("correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("wrong horse".into(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("nobody's password".into(), None).await.unwrap());
    }
}
