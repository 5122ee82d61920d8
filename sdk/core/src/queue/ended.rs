//! What has ended lately, so that a slower path can't make it ring again.

use std::collections::{HashMap, VecDeque};

use rallypoint_protocol::{
    ApiError, ErrorCode, InviteId,
    invite::{InviteAnswer, InviteResponded},
};

use crate::RemovalReason;

/// Ended invites remembered.
const CAPACITY: usize = 256;

#[derive(Clone, Debug)]
pub(super) enum How {
    Answered(InviteResponded),
    Closed(RemovalReason),
}

#[derive(Debug, Default)]
pub(super) struct Ended {
    invites: HashMap<InviteId, How>,
    order: VecDeque<InviteId>,
}

impl Ended {
    pub(super) fn contains(&self, id: InviteId) -> bool {
        self.invites.contains_key(&id)
    }

    /// The first end counts.
    pub(super) fn insert(&mut self, id: InviteId, how: How) {
        if self.contains(id) {
            return;
        }
        if self.order.len() == CAPACITY
            && let Some(oldest) = self.order.pop_front()
        {
            self.invites.remove(&oldest);
        }
        self.order.push_back(id);
        self.invites.insert(id, how);
    }

    /// What an answer to something that does not ring is answered.
    pub(super) fn answer(&self, id: InviteId, answer: InviteAnswer) -> Result<InviteResponded, ApiError> {
        let code = match self.invites.get(&id) {
            Some(How::Answered(responded)) if responded.status == answer.status() => return Ok(responded.clone()),
            Some(How::Closed(RemovalReason::Expired)) => ErrorCode::ExpiredInvitation,
            Some(How::Answered(_) | How::Closed(_)) => ErrorCode::AlreadyResponded,
            None => ErrorCode::InvitationNotFound,
        };
        Err(ApiError::from(code).about_invite(id))
    }
}
