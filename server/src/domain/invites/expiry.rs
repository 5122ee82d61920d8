//! Expiry, to the second.

use rallypoint_protocol::Timestamp;

use super::Invites;
use crate::{
    domain::{Answer, now},
    hub::Event,
    store,
};

impl Invites {
    /// Expires what is due, and answers when the next invite is.
    pub async fn expire_due(&self) -> Answer<Option<Timestamp>> {
        for invite in store::invites::expire_due(&self.db, now()).await? {
            self.steps.expired.inc();
            tracing::info!(invite_id = %invite.id, "invite expired");
            let event = Event::InviteExpired { invite_id: invite.id };
            self.hub.publish(invite.receiver_id, &event, None);
            self.hub.publish(invite.sender_id, &event, None);
        }
        Ok(store::invites::next_expiry(&self.db).await?)
    }
}
