//! Sign-in: `/auth/register`, `/auth/login`, `/auth/guest`, `/auth/refresh`, `/auth/me`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Timestamp, UserId};

/// A user as everybody may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    /// Unique without regard to case; 3–32 of `[A-Za-z0-9_.-]`.
    pub username: String,
    pub display_name: String,
    /// Four digits, unique together with the display name.
    pub tag: String,
    pub image_url: Option<String>,
    pub created_at: Timestamp,
    pub online: bool,
}

impl User {
    /// `display_name#tag`, the form in which an invite names people.
    pub fn full_name(&self) -> String {
        format!("{}#{}", self.display_name, self.tag)
    }
}

/// `POST /auth/register`, and `POST /users/`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    pub username: String,
    /// 8–128 characters.
    pub password: String,
    #[serde(default, alias = "displayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, alias = "imageUrl", skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
}

/// `POST /auth/login`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    pub username: String,
    pub password: String,
}

/// `POST /auth/guest`: a user without a password, good for as long as its tokens are refreshed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestLogin {
    #[serde(default, alias = "displayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

/// `POST /auth/refresh`. Each refresh token works once; a second use revokes the whole login.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshTokens {
    #[serde(alias = "refreshToken")]
    pub refresh_token: String,
}

/// What all four sign-in calls answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub status: Success,
    pub user: User,
    pub access_token: String,
    pub refresh_token: String,
    /// Seconds until the access token expires.
    pub expires_in: i64,
}

/// The `"status": "success"` of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Success {
    #[default]
    Success,
}

macro_rules! without_secrets {
    ($($name:ident { $($field:ident),* })*) => {$(
        /// Leaves the secrets out, so that a log can't hold them.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))$(.field(stringify!($field), &self.$field))*.finish_non_exhaustive()
            }
        }
    )*};
}

without_secrets! {
    Register { username, display_name }
    Login { username }
    RefreshTokens {}
    SignedIn { user, expires_in }
}
