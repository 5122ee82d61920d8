//! Who is there, and what they say of themselves.

use rallypoint_protocol::{UserId, presence::Presence};
use reqwest::Method;

use crate::{Client, Error, driver::choose_status};

/// From [`Client::presence`].
///
/// [`Event::PresenceChanged`](crate::Event::PresenceChanged) tells of friends who come, go or say something else: at once
/// while the link is `Live`, else when the list of friends has been read again.
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

    /// What friends see beside one's name; at most 256 bytes. `None` clears it. It holds until the sign-out: after a
    /// reconnect it is said again, and whoever is not online yet says it as soon as it is.
    ///
    /// # Errors
    /// `BAD_REQUEST` for a longer one; those of any request, and then nothing has changed.
    pub async fn set_status(&self, status: Option<String>) -> Result<(), Error> {
        let shared = self.client.shared().clone();
        self.client.on_runtime(async move { choose_status(&shared, status).await }).await
    }
}
