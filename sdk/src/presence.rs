//! Who is there, and what they say of themselves.

use rallypoint_protocol::{
    UserId,
    presence::{Presence, SetStatus},
};
use reqwest::Method;
use serde_json::Value;

use crate::{Client, Error};

/// From [`Client::presence`].
///
/// [`Event::PresenceChanged`](crate::Event::PresenceChanged) tells of friends who come, go or say something else;
/// [`Friends::state`](crate::Friends::state) has their presence at any moment.
#[derive(Clone)]
pub struct Presences {
    pub(crate) client: Client,
}

impl Presences {
    /// Who of these is there; at most 100 at once.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn of(&self, ids: &[UserId]) -> Result<Vec<Presence>, Error> {
        let ids = ids.iter().map(UserId::to_string).collect::<Vec<_>>().join(",");
        self.client
            .with_rest(move |rest| async move {
                rest.call(Method::GET, "/presence", &[("user_ids", &ids)], None::<&()>).await
            })
            .await
    }

    /// What others see beside one's name; at most 256 bytes. `None` clears it.
    ///
    /// # Errors
    /// `BAD_REQUEST` for a longer one.
    pub async fn set_status(&self, status: Option<String>) -> Result<(), Error> {
        self.client
            .with_rest(move |rest| async move {
                rest.call::<Value>(Method::PUT, "/presence", &[], Some(&SetStatus { status })).await.map(drop)
            })
            .await
    }
}
