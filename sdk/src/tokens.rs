//! The login's tokens, and the one refresh at a time that renews them.

use std::sync::Mutex;

use rallypoint_protocol::{User, auth::SignedIn};

use crate::sync::lock;

/// What a sign-in has given.
#[derive(Default)]
pub(crate) struct Tokens {
    login: Mutex<State>,
    /// Held during a refresh: each refresh token works only once.
    pub(crate) refreshing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    epoch: u64,
    login: Option<Login>,
}

struct Login {
    user: User,
    access: String,
    refresh: String,
}

impl Tokens {
    /// Counts logins and log-outs, so that an answer to an earlier one can be told.
    pub(crate) fn epoch(&self) -> u64 {
        lock(&self.login).epoch
    }

    pub(crate) fn user(&self) -> Option<User> {
        lock(&self.login).login.as_ref().map(|login| login.user.clone())
    }

    pub(crate) fn access(&self) -> Option<String> {
        lock(&self.login).login.as_ref().map(|login| login.access.clone())
    }

    pub(crate) fn refresh(&self) -> Option<String> {
        lock(&self.login).login.as_ref().map(|login| login.refresh.clone())
    }

    /// Begins a login and gives its epoch.
    pub(crate) fn begin(&self, signed_in: &SignedIn) -> u64 {
        let mut state = lock(&self.login);
        state.epoch += 1;
        state.login = Some(Login::from(signed_in));
        state.epoch
    }

    /// Stores refreshed tokens, unless the login has ended or changed meanwhile.
    pub(crate) fn renew(&self, epoch: u64, signed_in: &SignedIn) -> bool {
        let mut state = lock(&self.login);
        let current = state.epoch == epoch && state.login.is_some();
        if current {
            state.login = Some(Login::from(signed_in));
        }
        current
    }

    /// Ends the login of this epoch; false if it has ended already.
    pub(crate) fn end(&self, epoch: u64) -> bool {
        let mut state = lock(&self.login);
        let current = state.epoch == epoch && state.login.is_some();
        if current {
            state.epoch += 1;
            state.login = None;
        }
        current
    }
}

impl From<&SignedIn> for Login {
    fn from(signed_in: &SignedIn) -> Self {
        Self {
            user: signed_in.user.clone(),
            access: signed_in.access_token.clone(),
            refresh: signed_in.refresh_token.clone(),
        }
    }
}
