//! Blocks. They end what there is between two people and keep everything new from coming about; whoever is blocked
//! can't tell it from somebody who is offline.

use std::sync::Arc;

use rallypoint_protocol::{
    ApiError, ErrorCode, User, UserId,
    invite::{CloseReason, InviteStatus},
};

use super::{Friends, Page};
use crate::{
    domain::{Answer, now},
    hub::Event,
    store::{self, blocks::Ended},
};

impl Friends {
    /// Blocks somebody. Blocking again is no error.
    ///
    /// # Errors
    /// `NOT_FOUND`, `BAD_REQUEST` for oneself.
    pub async fn block(&self, user: UserId, blocked: UserId) -> Answer<()> {
        if user == blocked {
            return Err(ApiError::new(ErrorCode::BadRequest, "Block somebody other than yourself."));
        }
        let (own, _) = (self.users.get(user).await?, self.users.get(blocked).await?);
        let ended = store::blocks::block(&self.db, user, blocked, now()).await?;
        tracing::info!(user_id = %user, blocked_id = %blocked, "blocked");
        self.tell_invites_ended(&own, blocked, &ended);
        if let Some(friendship) = ended.friendship {
            self.tell_ended(friendship, user, blocked).await;
        }
        Ok(())
    }

    /// Ends the invites that slipped in while a block was made, which Postgres makes possible.
    pub async fn end_stray_invites(&self) -> Answer<()> {
        for (user, blocked) in store::blocks::with_pending_invites(&self.db).await? {
            let ended = store::blocks::end_across(&self.db, user, blocked, now()).await?;
            self.tell_invites_ended(&self.users.get(user).await?, blocked, &ended);
        }
        Ok(())
    }

    fn tell_invites_ended(&self, own: &Arc<User>, blocked: UserId, ended: &Ended) {
        let user = own.id;
        for &invite_id in &ended.cancelled {
            self.steps.cancelled.inc();
            tracing::info!(%invite_id, "invite cancelled by a block");
            let event = Event::InviteCancelled { invite_id, reason: CloseReason::CancelledBySender };
            self.hub.publish(blocked, &event, None);
            self.hub.publish(user, &event, None);
        }
        for &invite_id in &ended.declined {
            self.steps.declined.inc();
            tracing::info!(%invite_id, "invite declined by a block");
            let resolved = Event::InviteResolved { invite_id, status: InviteStatus::Declined };
            self.hub.publish(user, &resolved, None);
            let declined = Event::InviteDeclined { invite_id, receiver: Arc::clone(own), friendship: ended.friendship };
            self.hub.publish(blocked, &declined, None);
        }
    }

    /// Lifts a block. Without one it does nothing.
    pub async fn unblock(&self, user: UserId, blocked: UserId) -> Answer<()> {
        store::blocks::unblock(&self.db, user, blocked).await?;
        tracing::info!(user_id = %user, unblocked_id = %blocked, "unblocked");
        Ok(())
    }

    /// Whom one has blocked, newest first. Whether they are online is not told.
    pub async fn blocked(&self, user: UserId, limit: i64, offset: i64) -> Answer<Page<User>> {
        Ok(store::blocks::list(&self.db, user, limit, offset).await?)
    }
}
