//! Saying again what one says of oneself: the server forgets it with the last lease.

use rallypoint_core::LinkState;
use rallypoint_protocol::presence::SetStatus;
use reqwest::Method;
use serde_json::Value;

use super::{Command, Driver};
use crate::{Error, rest::Rest};

/// The status that was chosen, since the sign-in.
#[derive(Default)]
pub(super) struct Status {
    text: Option<String>,
    /// Whether the server has it, or is being told.
    said: bool,
}

impl Driver {
    pub(super) fn keep_status(&mut self, text: Option<String>, said: bool) {
        self.status = Status { text, said };
        if !said {
            self.say_status();
        }
    }

    pub(super) fn forget_status(&mut self) {
        self.status = Status::default();
    }

    /// Where the link has come to: anew it is nothing that the server remembers.
    pub(super) fn status_reaches(&mut self, link: LinkState) {
        match link {
            LinkState::Live => {
                self.status.said = false;
                self.say_status();
            }
            LinkState::Fallback => {}
            _ => self.status.said = false,
        }
    }

    /// Says it if the server does not have it.
    pub(super) fn say_status(&mut self) {
        let reachable = matches!(self.link.state(), LinkState::Live | LinkState::Fallback);
        let (Some(login), Some(text), true) = (self.login, &self.status.text, reachable && !self.status.said) else {
            return;
        };
        self.status.said = true;
        let text = text.clone();
        self.work(login, |shared| async move { Command::StatusSaid { result: say(&shared.rest, Some(text)).await } });
    }

    pub(super) fn status_said(&mut self, result: Result<(), Error>) {
        if let Err(error) = result {
            // The next poll or reconnect tries again.
            tracing::debug!(%error, "the status could not be told");
            self.status.said = false;
        }
    }
}

pub(crate) async fn say(rest: &Rest, status: Option<String>) -> Result<(), Error> {
    rest.call::<Value>(Method::PUT, "/presence", &[], Some(&SetStatus { status })).await.map(drop)
}
