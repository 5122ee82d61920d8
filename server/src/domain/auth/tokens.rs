//! Access tokens (JWT, HS256) and refresh tokens (random, stored as a hash).

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use rallypoint_protocol::{ApiError, ErrorCode, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{domain::Answer, store::logins::LoginId};

/// Who speaks, as an access token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    pub user: UserId,
    pub login: LoginId,
    /// When the token was made, to the second.
    pub issued_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    sid: LoginId,
    iat: i64,
    exp: i64,
}

pub(super) struct Signer {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    lifetime_seconds: i64,
}

impl Signer {
    pub(super) fn new(secret: &[u8], lifetime_seconds: u64) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            validation,
            lifetime_seconds: lifetime_seconds.cast_signed(),
        }
    }

    pub(super) fn lifetime_seconds(&self) -> i64 {
        self.lifetime_seconds
    }

    pub(super) fn sign(&self, user: UserId, login: LoginId, now: Timestamp) -> Answer<String> {
        let iat = now.0 / 1000;
        let claims = Claims { sub: user.to_string(), sid: login, iat, exp: iat + self.lifetime_seconds };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|_| ErrorCode::Internal.into())
    }

    pub(super) fn verify(&self, token: &str) -> Answer<Caller> {
        let invalid = || ApiError::new(ErrorCode::Unauthenticated, "The access token is not valid. Sign in again.");
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => ApiError::from(ErrorCode::TokenExpired),
                _ => invalid(),
            })?
            .claims;
        let user = claims.sub.parse().map_err(|_| invalid())?;
        Ok(Caller { user: UserId(user), login: claims.sid, issued_at: Timestamp(claims.iat.saturating_mul(1000)) })
    }
}

/// 256 random bits.
pub(super) fn new_refresh_token() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What of a refresh token is stored. The token is random, so that a fast hash is enough.
pub(super) fn hash(refresh_token: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(refresh_token))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"sixteen bytes or more";

    #[test]
    fn a_signed_token_names_its_holder_until_it_expires() {
        let now = crate::domain::now();
        let signer = Signer::new(SECRET, 60);
        let caller = signer.verify(&signer.sign(UserId(7), 3, now).unwrap()).unwrap();
        let issued_at = Timestamp(now.0 / 1000 * 1000);
        assert_eq!(caller, Caller { user: UserId(7), login: 3, issued_at });
        let old = signer.sign(UserId(7), 3, Timestamp(now.0 - 61_000)).unwrap();
        assert_eq!(signer.verify(&old).unwrap_err().code, ErrorCode::TokenExpired);
    }

    #[test]
    fn other_secrets_and_other_algorithms_are_refused() {
        let now = crate::domain::now();
        let (ours, theirs) = (Signer::new(SECRET, 60), Signer::new(b"another secret, as long", 60));
        let forged = theirs.sign(UserId(7), 3, now).unwrap();
        // {"alg":"none"} with an empty signature
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", forged.split('.').nth(1).unwrap());
        for token in [forged.as_str(), unsigned.as_str(), "", "a.b.c"] {
            assert_eq!(ours.verify(token).unwrap_err().code, ErrorCode::Unauthenticated);
        }
    }
}
