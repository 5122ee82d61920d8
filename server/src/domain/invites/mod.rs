//! Invites: one state machine, `pending → accepted | declined | cancelled | expired`, whatever the dialect.
//!
//! The database decides every race; what is announced has been written. Repeating the answer that won is
//! answered like the first time, since a retry after a lost reply is no error.

mod challenge;
mod cooldown;
mod expiry;
mod lists;
mod meant;
mod trace;

pub use lists::{Absence, received};
pub use meant::Meant;

use std::{sync::Arc, time::Instant};

use quick_cache::sync::Cache;
use rallypoint_protocol::{
    ApiError, ErrorCode, FriendshipId, InviteId, SessionCode, Timestamp, User, UserId,
    auth::Success,
    invite::{
        AcknowledgeInvite, CloseReason, InviteAcknowledgedAck, InviteAnswer, InviteCancelConfirmed, InviteKind,
        InviteResponded, InviteSent, InviteStatus, RespondInvite, SendInvite,
    },
};

use crate::{
    config::Config,
    domain::{Answer, now, rates::Rates, sessions::Sessions, users::Users},
    hub::{ConnectionId, Event, Hub, InviteFacts},
    metrics::{Metrics, Steps},
    schedule::Deadline,
    store::{
        self, Db,
        invites::{
            Acceptance, InviteRecord,
            writer::{About, InviteWriter, NewInvite},
        },
    },
};
use cooldown::CoolDowns;

/// Friendships whose two sides stay in memory.
const REMEMBERED: usize = 20_000;

pub struct Invites {
    db: Db,
    writer: InviteWriter,
    hub: Arc<Hub>,
    users: Arc<Users>,
    sessions: Arc<Sessions>,
    rates: Arc<Rates>,
    cool_downs: CoolDowns,
    /// Who the two of a friendship are, which never changes; whether they still are friends is the database's to say.
    pairs: Cache<FriendshipId, [UserId; 2]>,
    steps: Steps,
    next_expiry: Deadline,
    maps: Vec<String>,
    lifetime_ms: i64,
    max_pending: i64,
    challenge_ms: i64,
    max_challenges: i64,
    polling_lease_ms: i64,
}

/// What invites are made of.
pub struct Parts {
    pub db: Db,
    pub writer: InviteWriter,
    pub hub: Arc<Hub>,
    pub users: Arc<Users>,
    pub sessions: Arc<Sessions>,
    pub rates: Arc<Rates>,
    /// Whoever has it calls [`Invites::expire_due`] then.
    pub next_expiry: Deadline,
}

/// What became of an answer.
#[derive(Debug)]
pub struct Responded {
    pub answer: InviteResponded,
    /// False when the same answer was given before.
    pub new: bool,
}

impl Invites {
    pub fn new(parts: Parts, config: &Config, metrics: &Metrics) -> Self {
        let Parts { db, writer, hub, users, sessions, rates, next_expiry } = parts;
        let limits = &config.limits;
        Self {
            db,
            writer,
            hub,
            users,
            sessions,
            cool_downs: CoolDowns::new(limits, metrics.refusals("cool_down")),
            pairs: Cache::new(REMEMBERED),
            steps: metrics.steps(),
            rates,
            next_expiry,
            maps: config.maps.clone(),
            challenge_ms: limits.map_invite_seconds.cast_signed() * 1000,
            max_challenges: i64::from(limits.pending_map_invites),
            lifetime_ms: limits.session_invite_seconds.cast_signed() * 1000,
            max_pending: i64::from(limits.pending_session_invites),
            polling_lease_ms: limits.polling_lease_seconds.cast_signed() * 1000,
        }
    }

    /// Invites somebody who is online to one's session.
    pub async fn send(&self, sender: &Arc<User>, wish: SendInvite) -> Answer<InviteSent> {
        let sent = self.create(sender, &wish).await;
        if let Err(error) = &sent {
            let SendInvite { receiver_id, session_code } = wish;
            tracing::info!(sender_id = %sender.id, %receiver_id, session = %session_code, code = %error.code, "invite refused");
        }
        sent
    }

    async fn create(&self, sender: &Arc<User>, wish: &SendInvite) -> Answer<InviteSent> {
        let &SendInvite { receiver_id, session_code } = wish;
        if receiver_id == sender.id {
            return Err(ErrorCode::SelfInvite.into());
        }
        self.rates.invite(sender.id)?;
        let session = self.sessions.facts(session_code).await?;
        let created_at = now();
        let Some((receiver, delivered_via)) = self.hub.online_user(receiver_id, created_at) else {
            return Err(ErrorCode::UserOffline.into());
        };
        if let Err(pause) = self.cool_downs.check(sender.id, receiver_id, Instant::now()) {
            let blocked = store::blocks::around(&self.db, sender.id).await?.contains(&receiver_id);
            return Err(if blocked { ErrorCode::UserOffline.into() } else { pause });
        }
        let expires_at = Timestamp(created_at.0 + self.lifetime_ms);
        let new = NewInvite {
            about: About::Session(session_code),
            sender_id: sender.id,
            receiver_id,
            created_at,
            expires_at,
            delivered_via,
            max_pending: self.max_pending,
        };
        let invite_id = self.make(new).await?;
        tracing::info!(%invite_id, sender_id = %sender.id, %receiver_id, session = %session_code, via = delivered_via.0, "invite created");
        let facts = InviteFacts {
            id: invite_id,
            kind: InviteKind::Session,
            sender_id: sender.id,
            sender_name: sender.full_name(),
            session: Some((*session).clone()),
            challenge: None,
            created_at,
            expires_at,
        };
        self.hub.publish(receiver_id, &Event::InviteCreated(Arc::new(facts)), None);
        Ok(InviteSent {
            status: Success::Success,
            invite_id,
            session_code,
            receiver_id,
            receiver_name: receiver.full_name(),
            created_at,
            expires_at,
            expires_in: expires_at.seconds_after(created_at),
        })
    }

    /// Writes an invite, or finds out what forbids it.
    async fn make(&self, new: NewInvite) -> Answer<InviteId> {
        // Once more, since what stood in the way may have been answered before it was looked for.
        for _ in 0..2 {
            if let Some(invite_id) = self.writer.create(new.clone()).await? {
                self.next_expiry.no_later_than(new.expires_at);
                self.steps.created.inc();
                return Ok(invite_id);
            }
            let (sender, receiver, kind) = (new.sender_id, new.receiver_id, new.about.kind());
            let refusal = match new.about {
                About::Session(code) => self.unless_invitable(sender, receiver, code).await?,
                About::Map { friendship, .. } => self.unless_friends(friendship).await?,
            };
            if let Some(refusal) = refusal {
                return Err(refusal);
            }
            if let Some(pending) = store::invites::pending_between(&self.db, sender, receiver, kind).await? {
                return Err(ApiError::from(ErrorCode::DuplicateInvitation).about_invite(pending.id));
            }
        }
        Err(self.rates.too_many("pending_invites", ErrorCode::TooManyPending.into()))
    }

    /// Records that the receiver's popup was shown, and tells the sender the first time.
    pub async fn acknowledge(&self, receiver: UserId, wish: AcknowledgeInvite) -> Answer<InviteAcknowledgedAck> {
        let AcknowledgeInvite { invite_id } = wish;
        let seen_at = now();
        if let Some(sender) = self.writer.acknowledge(invite_id, receiver, seen_at).await? {
            self.steps.seen.inc();
            tracing::info!(%invite_id, receiver_id = %receiver, "invite seen");
            self.hub.publish(sender, &Event::InviteSeen { invite_id, receiver_id: receiver, seen_at }, None);
        } else if let Err(error) = self.of_receiver(invite_id, receiver).await {
            tracing::info!(%invite_id, receiver_id = %receiver, code = %error.code, "acknowledgement refused");
            return Err(error);
        }
        Ok(InviteAcknowledgedAck { status: Success::Success, invite_id })
    }

    /// Answers an invite. The receiver's other devices, all but `origin`, stop ringing.
    pub async fn respond(
        &self,
        receiver: &Arc<User>,
        wish: RespondInvite,
        origin: Option<ConnectionId>,
    ) -> Answer<Responded> {
        let answered = match wish.response {
            InviteAnswer::Decline => self.decline(receiver, wish.invite_id, origin).await,
            InviteAnswer::Accept => self.accept(receiver, wish.invite_id, origin).await,
        };
        answered.map_err(|error| {
            tracing::info!(invite_id = %wish.invite_id, receiver_id = %receiver.id, code = %error.code, "answer refused");
            error.about_invite(wish.invite_id)
        })
    }

    /// Takes one's own invite back. The sender's other devices, all but `origin`, are told.
    pub async fn cancel(
        &self,
        sender: UserId,
        invite_id: InviteId,
        origin: Option<ConnectionId>,
    ) -> Answer<InviteCancelConfirmed> {
        let cancelled = self.try_cancel(sender, invite_id, origin).await;
        cancelled.map_err(|error| {
            tracing::info!(%invite_id, sender_id = %sender, code = %error.code, "cancel refused");
            error.about_invite(invite_id)
        })
    }

    async fn try_cancel(
        &self,
        sender: UserId,
        invite_id: InviteId,
        origin: Option<ConnectionId>,
    ) -> Answer<InviteCancelConfirmed> {
        let now = now();
        if let Some(receiver) = self.writer.cancel(invite_id, sender, now).await? {
            self.steps.cancelled.inc();
            tracing::info!(%invite_id, sender_id = %sender, "invite cancelled");
            let event = Event::InviteCancelled { invite_id, reason: CloseReason::CancelledBySender };
            self.hub.publish(receiver, &event, None);
            self.hub.publish(sender, &event, origin);
        } else {
            let record = store::invites::find(&self.db, invite_id).await?;
            let record = record.filter(|record| record.sender_id == sender).ok_or(ErrorCode::InvitationNotFound)?;
            repeated(&record, InviteStatus::Cancelled, now)?;
        }
        Ok(InviteCancelConfirmed { status: Success::Success, invite_id })
    }

    async fn decline(
        &self,
        receiver: &Arc<User>,
        invite_id: InviteId,
        origin: Option<ConnectionId>,
    ) -> Answer<Responded> {
        let now = now();
        let declined = self.writer.decline(invite_id, receiver.id, now).await?;
        if let Some(sender) = declined {
            self.cool_downs.declined(sender, receiver.id, Instant::now());
            self.resolved(invite_id, receiver.id, InviteStatus::Declined, origin);
            let event = Event::InviteDeclined { invite_id, receiver: Arc::clone(receiver), friendship: None };
            self.hub.publish(sender, &event, None);
        } else {
            let record = self.of_receiver(invite_id, receiver.id).await?;
            repeated(&record, InviteStatus::Declined, now)?;
        }
        let answer = InviteResponded {
            status: InviteStatus::Declined,
            invite_id,
            session_code: None,
            server_ip: None,
            server_port: None,
            game_id: None,
            connect_token: None,
        };
        Ok(Responded { answer, new: declined.is_some() })
    }

    async fn accept(
        &self,
        receiver: &Arc<User>,
        invite_id: InviteId,
        origin: Option<ConnectionId>,
    ) -> Answer<Responded> {
        let now = now();
        let record = self.of_receiver(invite_id, receiver.id).await?;
        let (code, new) = match (record.kind, record.session_code) {
            (InviteKind::Map, _) => self.accept_challenge(receiver, &record, now).await?,
            (_, Some(code)) => (code, self.accept_seat(receiver.id, invite_id, code, now).await?),
            (_, None) => return Err(ErrorCode::InvitationNotFound.into()),
        };
        if new {
            self.cool_downs.accepted(record.sender_id, receiver.id);
            self.resolved(invite_id, receiver.id, InviteStatus::Accepted, origin);
            let event = Event::InviteAccepted { invite_id, receiver: Arc::clone(receiver), session: code };
            self.hub.publish(record.sender_id, &event, None);
            // The seat is taken whatever happens now; that nobody was told is no reason to refuse.
            if let Err(error) = self.tell_begun(&record, code).await {
                tracing::warn!(%invite_id, %error, "nobody was told what an accept has led to");
            }
        }
        Ok(Responded { answer: self.accepted_answer(receiver, &record, code).await, new })
    }

    /// Takes a seat in the session that an invite is for, and answers whether that is new.
    async fn accept_seat(
        &self,
        receiver: UserId,
        invite_id: InviteId,
        code: SessionCode,
        now: Timestamp,
    ) -> Answer<bool> {
        match store::invites::accept(&self.db, invite_id, receiver, code, now).await? {
            Acceptance::Accepted => Ok(true),
            Acceptance::NotPending => {
                let record = self.of_receiver(invite_id, receiver).await?;
                repeated(&record, InviteStatus::Accepted, now).map(|()| false)
            }
            Acceptance::SessionFull => Err(ErrorCode::SessionFull.into()),
            Acceptance::SessionGone => Err(ErrorCode::SessionNotFound.into()),
        }
    }

    /// Where to go now. From the record alone when the session has closed since.
    async fn accepted_answer(&self, receiver: &Arc<User>, record: &InviteRecord, code: SessionCode) -> InviteResponded {
        let session = self.sessions.get(code).await.ok();
        let bundled = session.as_ref().is_some_and(|session| session.game_id.is_some());
        let access = if bundled { self.sessions.access(receiver, code).await.ok() } else { None };
        let address = access
            .as_ref()
            .map(|access| (access.server_ip.clone(), access.server_port))
            .or_else(|| session.map(|session| (session.server_ip, session.server_port)));
        let (server_ip, server_port) = address.unzip();
        InviteResponded {
            status: InviteStatus::Accepted,
            invite_id: record.id,
            session_code: Some(code),
            server_ip,
            server_port,
            game_id: access.as_ref().map(|access| access.game_id),
            connect_token: access.map(|access| access.connect_token),
        }
    }

    fn resolved(&self, invite_id: InviteId, receiver: UserId, status: InviteStatus, origin: Option<ConnectionId>) {
        let accepted = status == InviteStatus::Accepted;
        if accepted { &self.steps.accepted } else { &self.steps.declined }.inc();
        tracing::info!(%invite_id, receiver_id = %receiver, status = status.as_str(), "invite answered");
        self.hub.publish(receiver, &Event::InviteResolved { invite_id, status }, origin);
    }

    /// The record, if the invite is this receiver's. Someone else's does not exist for it.
    async fn of_receiver(&self, invite_id: InviteId, receiver: UserId) -> Answer<InviteRecord> {
        let record = store::invites::find(&self.db, invite_id).await?;
        record
            .filter(|record| record.receiver_id == receiver)
            .ok_or_else(|| ApiError::from(ErrorCode::InvitationNotFound).about_invite(invite_id))
    }

    /// The refusal for people who are blocked, and for sessions of others.
    async fn unless_invitable(&self, sender: UserId, receiver: UserId, code: SessionCode) -> Answer<Option<ApiError>> {
        // A block can't be told from somebody who is not there, whatever else is wrong.
        if store::blocks::around(&self.db, sender).await?.contains(&receiver) {
            return Ok(Some(ErrorCode::UserOffline.into()));
        }
        let session = self.sessions.get(code).await?;
        Ok((session.host_id != sender).then(|| ErrorCode::NotHost.into()))
    }
}

/// Whether the wish has come true already; else why it can't any more.
fn repeated(record: &InviteRecord, wished: InviteStatus, now: Timestamp) -> Answer<()> {
    match record.status {
        status if status == wished => Ok(()),
        InviteStatus::Expired => Err(ErrorCode::ExpiredInvitation.into()),
        InviteStatus::Pending if record.expires_at <= now => Err(ErrorCode::ExpiredInvitation.into()),
        status => {
            let details = serde_json::json!({ "status": status });
            Err(ApiError::from(ErrorCode::AlreadyResponded).with_details(details))
        }
    }
}
