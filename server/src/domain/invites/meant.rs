//! Which invite an answer means.

use rallypoint_protocol::{ErrorCode, FriendshipId, InviteId, UserId};

use super::Invites;
use crate::{domain::Answer, store};

/// How an answer names an invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    Invite(InviteId),
    /// The pending challenge of this friend, else its oldest pending invite, else the last that there was.
    Friendship(FriendshipId),
}

impl Invites {
    /// The invite of this receiver that is meant. A map that the answer names must be the invited one.
    ///
    /// # Errors
    /// `INVITATION_NOT_FOUND`, `INVALID_FRIENDSHIP`, `INVALID_MAP`.
    pub async fn meant(&self, receiver: UserId, meant: Meant, map: Option<&str>) -> Answer<InviteId> {
        let record = match meant {
            Meant::Invite(id) => self.of_receiver(id, receiver).await?,
            Meant::Friendship(id) => {
                let sender = self.other_of(id, receiver).await?.ok_or(ErrorCode::InvalidFriendship)?;
                match store::invites::first_pending(&self.db, sender, receiver).await? {
                    Some(pending) => pending,
                    None => {
                        let last = store::invites::last_between(&self.db, sender, receiver).await?;
                        last.ok_or(ErrorCode::InvitationNotFound)?
                    }
                }
            }
        };
        match (&record.map, map) {
            (Some(invited), Some(answered)) if invited != answered => Err(ErrorCode::InvalidMap.into()),
            _ => Ok(record.id),
        }
    }
}
