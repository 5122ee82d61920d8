//! Saying again what one says of oneself: the server forgets it with the last lease.

use std::time::{Duration, Instant};

use rallypoint_core::LinkState;
use rallypoint_protocol::{ErrorCode, presence::SetStatus};
use reqwest::Method;
use serde_json::Value;

use super::{Command, Driver, Shared};
use crate::{Error, rest::Rest};

/// How long after a failure it is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// Whether the server has to be told.
#[derive(Default)]
pub(super) struct Status {
    saying: bool,
    pub(super) retry_at: Option<Instant>,
}

impl Driver {
    pub(super) fn forget_status(&mut self) {
        self.status = Status::default();
    }

    /// Where the link has come to. Anew it is nothing that the server remembers.
    pub(super) fn status_reaches(&mut self, link: LinkState) {
        match link {
            LinkState::Live | LinkState::Fallback => self.say_status(),
            _ => self.status.retry_at = None,
        }
    }

    /// Says what was chosen last, if anything was.
    pub(super) fn say_status(&mut self) {
        self.status.retry_at = None;
        let reachable = matches!(self.link.state(), LinkState::Live | LinkState::Fallback);
        let (Some(login), true) = (self.login, reachable && !self.status.saying) else { return };
        self.status.saying = true;
        self.work(login, move |shared| async move {
            let status = shared.status.lock().await;
            let said = match status.as_ref().filter(|(epoch, _)| *epoch == login.epoch) {
                Some((_, text)) => say(&shared.rest, Some(text)).await.is_ok(),
                None => true,
            };
            Command::StatusSaid { said }
        });
    }

    pub(super) fn status_said(&mut self, now: Instant, said: bool) {
        self.status = Status { saying: false, retry_at: (!said).then_some(now + RETRY) };
    }
}

/// Chooses what to say of oneself, and says it now or as soon as one is online.
pub(crate) async fn choose(shared: &Shared, text: Option<String>) -> Result<(), Error> {
    let mut status = shared.status.lock().await;
    let epoch = shared.rest.tokens.epoch();
    let said = match say(&shared.rest, text.as_deref()).await {
        Ok(()) => true,
        Err(error) if error.code() == Some(ErrorCode::UserOffline) => false,
        Err(error) => return Err(error),
    };
    *status = text.map(|text| (epoch, text));
    drop(status);
    if said { Ok(()) } else { shared.ask_for(epoch, Command::StatusPending).await }
}

async fn say(rest: &Rest, status: Option<&str>) -> Result<(), Error> {
    let wish = SetStatus { status: status.map(str::to_owned) };
    rest.call::<Value>(Method::PUT, "/presence", &[], Some(&wish)).await.map(drop)
}
