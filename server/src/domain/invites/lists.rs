//! What a client asks for after it has been away: the invites that wait, and what became of its own.

use std::sync::Arc;

use rallypoint_protocol::{
    InviteId, Timestamp, User, UserId,
    auth::Success,
    invite::{CloseReason, InviteReceived, InviteStatus, PendingInvites, SentInvite, SentInvites},
};

use super::Invites;
use crate::{
    domain::{Answer, now},
    hub::{Begun, Challenge, Connection, Dialect, Event, InviteFacts, SessionFacts},
    store::{
        self,
        invites::{InviteRecord, NamedInvite},
        logins::LoginId,
    },
};

/// What a client has missed.
#[derive(Debug, Default, PartialEq)]
pub struct Absence {
    /// What has ended from here on may be news.
    pub since: Timestamp,
    /// The invites that it knows of.
    pub known: Vec<InviteId>,
    /// Whose end was told before, and may not have arrived.
    pub unconfirmed: Vec<InviteId>,
    /// Whose end has arrived.
    pub settled: Vec<InviteId>,
}

/// How far back one's own invites are listed.
const SENT_MS: i64 = 10 * 60 * 1000;

impl Invites {
    /// One's pending invites, oldest first. Asking counts as being online for a while.
    pub async fn check(&self, user: &Arc<User>, login: LoginId) -> Answer<PendingInvites> {
        let now = now();
        self.hub.renew_polling_lease(user, login, now, Timestamp(now.0 + self.polling_lease_ms));
        let facts = self.waiting_for(user.id, Dialect::Rest, now).await?;
        let invites = facts.iter().map(|facts| received(facts, now)).collect();
        Ok(PendingInvites { status: Success::Success, invites })
    }

    /// Rings on a connection for the invites that waited for it, and stops ringing for those that have ended since
    /// they were read: their end may have been announced before they rang.
    pub async fn hand_over(&self, user: UserId, to: &dyn Connection) -> Answer<()> {
        let waiting = self.waiting_for(user, to.dialect(), now()).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = waiting.iter().map(|facts| facts.id).collect();
        for facts in waiting {
            to.deliver(&Event::InviteCreated(Arc::new(facts)));
        }
        for (invite_id, status) in store::invites::ended_among(&self.db, &ids).await? {
            to.deliver(&match status {
                InviteStatus::Cancelled => Event::InviteCancelled { invite_id, reason: CloseReason::CancelledBySender },
                InviteStatus::Expired => Event::InviteExpired { invite_id },
                status => Event::InviteResolved { invite_id, status },
            });
        }
        Ok(())
    }

    /// Tells a connection how the user's invites have ended during an absence: one's own, and those that were known.
    pub async fn catch_up(&self, user: UserId, absence: &Absence, to: &dyn Connection) -> Answer<()> {
        let Absence { since, known, unconfirmed, settled } = absence;
        let made_after = Timestamp(since.0 - self.lifetime_ms.max(self.challenge_ms));
        let ended = store::invites::ended_since(&self.db, user, *since, made_after, [known, unconfirmed]).await?;
        for ended in ended.into_iter().filter(|ended| !settled.contains(&ended.id)) {
            if let Some(event) = self.end_of(ended, user).await? {
                to.deliver(&event);
            }
        }
        Ok(())
    }

    /// How an invite has ended for one of its two sides, if that is still of use.
    async fn end_of(&self, invite: InviteRecord, user: UserId) -> Answer<Option<Event>> {
        let (invite_id, status, sent) = (invite.id, invite.status, invite.sender_id == user);
        Ok(Some(match status {
            InviteStatus::Pending => return Ok(None),
            InviteStatus::Accepted => match self.still_to_play(invite, user).await? {
                Some(begun) => Event::InviteBegun(Arc::new(begun)),
                None if sent => return Ok(None),
                None => Event::InviteResolved { invite_id, status },
            },
            InviteStatus::Declined if sent => Event::InviteDeclined {
                invite_id,
                receiver: self.users.get(invite.receiver_id).await?,
                friendship: invite.friendship,
            },
            InviteStatus::Declined => Event::InviteResolved { invite_id, status },
            InviteStatus::Cancelled => Event::InviteCancelled { invite_id, reason: CloseReason::CancelledBySender },
            InviteStatus::Expired => Event::InviteExpired { invite_id },
        }))
    }

    /// What an accepted invite has led to, unless that is over or the user is in a match by now.
    async fn still_to_play(&self, invite: InviteRecord, user: UserId) -> Answer<Option<Begun>> {
        let Some(code) = invite.session_code else { return Ok(None) };
        let (_, playing, _) = self.hub.presence(user, now());
        let session = self.sessions.get_even_closed(code).await?;
        let there = session.players.iter().any(|player| player.user_id == user);
        Ok((session.active && there && !playing).then(|| invite.begun(session)))
    }

    /// The invites that wait for a user, which count as delivered by this dialect from now on.
    async fn waiting_for(&self, user: UserId, by: Dialect, now: Timestamp) -> Answer<Vec<InviteFacts>> {
        let invites = store::invites::inbox(&self.db, user, now).await?;
        let way = by.way();
        if invites.iter().any(|waiting| waiting.invite.delivered_via.0 & way.0 != way.0) {
            store::invites::mark_delivered(&self.db, user, way, now).await?;
            for waiting in invites.iter().filter(|waiting| waiting.invite.delivered_at.is_none()) {
                tracing::info!(invite_id = %waiting.invite.id, receiver_id = %user, "invite delivered");
            }
        }
        Ok(invites.into_iter().map(|waiting| self.facts(waiting)).collect())
    }

    /// One's own invites of the last ten minutes, and those that are still pending, newest first.
    pub async fn sent(&self, sender: UserId) -> Answer<SentInvites> {
        let now = now();
        let since = Timestamp(now.0 - SENT_MS);
        let invites = store::invites::sent_since(&self.db, sender, since).await?;
        let invites = invites.into_iter().map(|sent| sent_invite(sent, now)).collect();
        Ok(SentInvites { status: Success::Success, invites })
    }

    fn facts(&self, waiting: NamedInvite) -> InviteFacts {
        let NamedInvite { invite, other_name, session_name, server } = waiting;
        let (server_ip, server_port) = self.sessions.address(server.as_ref());
        let session = invite.session_code.zip(session_name);
        InviteFacts {
            id: invite.id,
            kind: invite.kind,
            sender_id: invite.sender_id,
            sender_name: other_name,
            session: session.map(|(code, name)| SessionFacts { code, name, server_ip, server_port }),
            challenge: invite.friendship.zip(invite.map).map(|(friendship, map)| Challenge { friendship, map }),
            created_at: invite.created_at,
            expires_at: invite.expires_at,
        }
    }
}

/// An invite in the words of the wire, with the time left at `now`.
pub fn received(facts: &InviteFacts, now: Timestamp) -> InviteReceived {
    let (session, challenge) = (facts.session.as_ref(), facts.challenge.as_ref());
    InviteReceived {
        invite_id: facts.id,
        kind: facts.kind,
        sender_id: facts.sender_id,
        sender_name: facts.sender_name.clone(),
        session_code: session.map(|session| session.code),
        session_name: session.map(|session| session.name.clone()),
        server_ip: session.map(|session| session.server_ip.clone()),
        server_port: session.map(|session| session.server_port),
        map: challenge.map(|challenge| challenge.map.clone()),
        friendship_id: challenge.map(|challenge| challenge.friendship),
        options: None,
        activity_id: None,
        message: None,
        created_at: facts.created_at,
        expires_at: facts.expires_at,
        expires_in: facts.expires_at.seconds_after(now),
    }
}

fn sent_invite(sent: NamedInvite, now: Timestamp) -> SentInvite {
    let NamedInvite { invite, other_name, .. } = sent;
    SentInvite {
        invite_id: invite.id,
        kind: invite.kind,
        status: invite.status,
        receiver_id: invite.receiver_id,
        receiver_name: other_name,
        session_code: invite.session_code,
        map: invite.map,
        friendship_id: invite.friendship,
        created_at: invite.created_at,
        expires_at: invite.expires_at,
        expires_in: invite.expires_at.seconds_after(now),
        delivered_at: invite.delivered_at,
        seen_at: invite.seen_at,
        responded_at: invite.responded_at,
    }
}
