//! Expiry, to the second.

use rallypoint_protocol::Timestamp;

use super::Invites;
use crate::{
    domain::{Answer, now},
    hub::Event,
    store,
};

const LOOK_AGAIN_MS: i64 = 30_000;

impl Invites {
    /// Expires what is due, and answers when to do so again: when the next invite is due, or after a while in which
    /// another server may have made one.
    pub async fn expire_due(&self) -> Answer<Option<Timestamp>> {
        let now = now();
        for invite in store::invites::expire_due(&self.db, now).await? {
            self.steps.expired.inc();
            tracing::info!(invite_id = %invite.id, "invite expired");
            let event = Event::InviteExpired { invite_id: invite.id };
            self.hub.publish(invite.receiver_id, &event, None);
            self.hub.publish(invite.sender_id, &event, None);
        }
        let look_again = Timestamp(now.0 + LOOK_AGAIN_MS);
        Ok(Some(store::invites::next_expiry(&self.db).await?.map_or(look_again, |next| next.min(look_again))))
    }
}
