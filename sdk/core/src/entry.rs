//! What a UI shows of the invite queue.

use std::time::{Duration, Instant};

use rallypoint_protocol::{
    InviteId,
    invite::{InviteAnswer, InviteReceived, InviteStatus},
};

/// One ringing invite.
#[derive(Clone, Debug, PartialEq)]
pub struct InviteEntry {
    pub invite: InviteReceived,
    /// When the countdown reaches zero, by this machine's monotonic clock. Derived from `expires_in`, so that a
    /// wrong wall clock does no harm.
    pub expires_at: Instant,
    pub state: InviteState,
    /// Whether the popup has been shown here.
    pub seen: bool,
}

impl InviteEntry {
    pub fn id(&self) -> InviteId {
        self.invite.invite_id
    }

    /// Time left to answer; zero once it is over.
    pub fn remaining(&self, now: Instant) -> Duration {
        self.expires_at.saturating_duration_since(now)
    }
}

/// What is happening to an invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteState {
    /// Waits for the player.
    Ringing,
    /// The answer is on its way. Buttons are to be disabled.
    Acting(InviteAnswer),
}

/// Why an invite left the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RemovalReason {
    /// Accepted here.
    Accepted,
    /// Declined here.
    Declined,
    /// The sender took it back.
    Cancelled,
    Expired,
    /// The session that it was for is over.
    SessionClosed,
    /// Another device of the same player was faster.
    AnsweredElsewhere(InviteStatus),
    /// It ended while this device could not hear how.
    NoLongerPending,
    SignedOut,
}
