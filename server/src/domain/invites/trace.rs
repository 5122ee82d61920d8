//! Why an invite did not arrive, or that it did.

use rallypoint_protocol::{
    ErrorCode, FriendshipId, InviteId, UserId,
    invite::{InviteStatus, InviteStep, InviteTrace, TraceStep},
};

use super::Invites;
use crate::{
    domain::Answer,
    hub::Dialect,
    store::{self, invites::InviteRecord},
};

impl Invites {
    /// What became of an invite, for its sender and its receiver.
    ///
    /// # Errors
    /// `INVITATION_NOT_FOUND`, also for somebody else's.
    pub async fn trace(&self, invite_id: InviteId, viewer: UserId) -> Answer<InviteTrace> {
        let record = self.between(invite_id, viewer).await?;
        Ok(InviteTrace {
            invite_id,
            kind: record.kind,
            status: record.status,
            sender_id: record.sender_id,
            receiver_id: record.receiver_id,
            steps: steps(&record),
        })
    }

    /// Who is at the other end of an invite, and the friendship that a challenge was made in, be it over or not.
    ///
    /// # Errors
    /// `INVITATION_NOT_FOUND`, also for somebody else's.
    pub async fn other_side(&self, invite_id: InviteId, viewer: UserId) -> Answer<(UserId, Option<FriendshipId>)> {
        let record = self.between(invite_id, viewer).await?;
        let other = if record.sender_id == viewer { record.receiver_id } else { record.sender_id };
        Ok((other, record.friendship))
    }

    async fn between(&self, invite_id: InviteId, viewer: UserId) -> Answer<InviteRecord> {
        let record = store::invites::find(&self.db, invite_id).await?;
        let concerns = |record: &InviteRecord| [record.sender_id, record.receiver_id].contains(&viewer);
        Ok(record.filter(concerns).ok_or(ErrorCode::InvitationNotFound)?)
    }
}

fn steps(record: &InviteRecord) -> Vec<TraceStep> {
    let via = record.delivered_via.0;
    let ways = Dialect::OF_INVITES.into_iter().filter(|dialect| via & dialect.way().0 != 0);
    let delivered =
        |at| TraceStep { step: InviteStep::Delivered, at, via: ways.map(|way| way.name().into()).collect() };
    let plain = |step| move |at| TraceStep { step, at, via: Vec::new() };
    let end = match record.status {
        InviteStatus::Pending => None,
        InviteStatus::Accepted => Some(InviteStep::Accepted),
        InviteStatus::Declined => Some(InviteStep::Declined),
        InviteStatus::Cancelled => Some(InviteStep::Cancelled),
        InviteStatus::Expired => Some(InviteStep::Expired),
    };
    let steps = [
        Some(plain(InviteStep::Created)(record.created_at)),
        record.delivered_at.map(delivered),
        record.seen_at.map(plain(InviteStep::Seen)),
        end.zip(record.responded_at).map(|(step, at)| plain(step)(at)),
    ];
    steps.into_iter().flatten().collect()
}
