//! The kind `map`: a friend is challenged to a match on a map. The session is made when the challenge is accepted.

use std::{sync::Arc, time::Instant};

use rallypoint_protocol::{
    ApiError, ErrorCode, FriendshipId, InviteId, SessionCode, Timestamp, User, UserId,
    auth::Success,
    invite::{ChallengeSent, InviteKind, InviteStatus},
    session::Session,
};

use super::{Invites, repeated};
use crate::{
    domain::{Answer, now, sessions::CODE_TRIES},
    hub::{Begun, Challenge, Event, InviteFacts},
    store::{
        self,
        invites::{
            InviteRecord, Ways,
            writer::{About, NewInvite},
        },
    },
};

impl Invites {
    /// The maps that there are.
    pub fn maps(&self) -> &[String] {
        &self.maps
    }

    /// Challenges a friend by id.
    ///
    /// # Errors
    /// `SELF_INVITE`, and those of [`challenge`](Self::challenge).
    pub async fn challenge_user(&self, sender: &Arc<User>, receiver: UserId, map: &str) -> Answer<ChallengeSent> {
        if receiver == sender.id {
            return Err(ErrorCode::SelfInvite.into());
        }
        let friendship = store::friends::between(&self.db, sender.id, receiver).await?;
        self.challenge(sender, friendship.map(|friendship| (friendship.id, receiver)), map).await
    }

    /// Challenges the other one of a friendship.
    ///
    /// # Errors
    /// `INVALID_FRIENDSHIP`, and those of [`challenge`](Self::challenge).
    pub async fn challenge_friend(
        &self,
        sender: &Arc<User>,
        friendship: FriendshipId,
        map: &str,
    ) -> Answer<ChallengeSent> {
        let other = self.other_of(friendship, sender.id).await?;
        self.challenge(sender, other.map(|other| (friendship, other)), map).await
    }

    /// The other one of two who are friends, or were asked to be.
    pub(super) async fn other_of(&self, id: FriendshipId, user: UserId) -> Answer<Option<UserId>> {
        let pair = match self.pairs.get(&id) {
            Some(pair) => pair,
            None => {
                let Some(friendship) = store::friends::find(&self.db, id).await? else { return Ok(None) };
                self.pairs.insert(id, friendship.pair);
                friendship.pair
            }
        };
        Ok(store::friends::other_of(pair, user))
    }

    /// # Errors
    /// `INVALID_MAP`, `INVALID_FRIENDSHIP`, `USER_OFFLINE`, `USER_BUSY` (in a match), `DUPLICATE_INVITATION`,
    /// `TOO_MANY_PENDING`, `RATE_LIMITED`.
    async fn challenge(
        &self,
        sender: &Arc<User>,
        friend: Option<(FriendshipId, UserId)>,
        map: &str,
    ) -> Answer<ChallengeSent> {
        let sent = self.create_challenge(sender, friend, map).await;
        if let Err(error) = &sent {
            tracing::info!(sender_id = %sender.id, code = %error.code, "challenge refused");
        }
        sent
    }

    async fn create_challenge(
        &self,
        sender: &Arc<User>,
        friend: Option<(FriendshipId, UserId)>,
        map: &str,
    ) -> Answer<ChallengeSent> {
        self.rates.invite(sender.id)?;
        self.check_map(map)?;
        let (friendship, receiver_id) = friend.ok_or(ErrorCode::InvalidFriendship)?;
        let created_at = now();
        let (receiver, delivered_via) = match self.is_free(sender.id, receiver_id, created_at) {
            Ok(there) => there,
            // Only a friend learns that.
            Err(error) => return Err(self.unless_friends(friendship).await?.unwrap_or(error)),
        };
        let expires_at = Timestamp(created_at.0 + self.challenge_ms);
        let new = NewInvite {
            about: About::Map { friendship, map: map.to_owned() },
            sender_id: sender.id,
            receiver_id,
            created_at,
            expires_at,
            delivered_via,
            max_pending: self.max_challenges,
        };
        let invite_id = self.make(new).await?;
        tracing::info!(%invite_id, sender_id = %sender.id, %receiver_id, map, via = delivered_via.0, "invite created");
        let facts = InviteFacts {
            id: invite_id,
            kind: InviteKind::Map,
            sender_id: sender.id,
            sender_name: sender.full_name(),
            session: None,
            challenge: Some(Challenge { friendship, map: map.to_owned() }),
            created_at,
            expires_at,
        };
        self.hub.publish(receiver_id, &Event::InviteCreated(Arc::new(facts)), None);
        Ok(ChallengeSent {
            status: Success::Success,
            invite_id,
            friendship_id: friendship,
            map: map.to_owned(),
            receiver_id,
            receiver_name: receiver.full_name(),
            created_at,
            expires_at,
            expires_in: expires_at.seconds_after(created_at),
        })
    }

    /// The receiver, if it can be challenged just now, and the ways to it.
    fn is_free(&self, sender: UserId, receiver: UserId, now: Timestamp) -> Answer<(Arc<User>, Ways)> {
        let there = self.hub.online_user(receiver, now).ok_or(ErrorCode::UserOffline)?;
        if self.hub.presence(receiver, now).1 {
            return Err(ErrorCode::UserBusy.into());
        }
        self.cool_downs.check(sender, receiver, Instant::now())?;
        Ok(there)
    }

    /// The refusal for people who are no friends, or not yet.
    pub(super) async fn unless_friends(&self, id: FriendshipId) -> Answer<Option<ApiError>> {
        let friendship = store::friends::find(&self.db, id).await?;
        let friends = friendship.is_some_and(|friendship| friendship.accepted_at.is_some());
        Ok(if friends { None } else { Some(ErrorCode::InvalidFriendship.into()) })
    }

    fn check_map(&self, map: &str) -> Answer<()> {
        if self.maps.iter().any(|known| known == map) {
            return Ok(());
        }
        Err(ApiError::from(ErrorCode::InvalidMap).with_details(serde_json::json!({ "maps": self.maps })))
    }

    /// Accepts a challenge: answers the code of the session that it has led to, and whether that is new.
    pub(super) async fn accept_challenge(
        &self,
        receiver: &Arc<User>,
        record: &InviteRecord,
        now: Timestamp,
    ) -> Answer<(SessionCode, bool)> {
        let sender = self.users.get(record.sender_id).await?;
        let name = record.map.as_deref().unwrap_or("Challenge");
        for _ in 0..CODE_TRIES {
            let session = self.sessions.of_challenge(&sender, receiver, name);
            match store::invites::accept_challenge(&self.db, record.id, receiver.id, &session, now).await? {
                Some(true) => {
                    tracing::info!(invite_id = %record.id, session = %session.code, "session created");
                    return Ok((session.code, true));
                }
                Some(false) => return self.accepted_before(record.id, receiver.id, now).await,
                None => {}
            }
        }
        Err(ErrorCode::GameError.into())
    }

    async fn accepted_before(&self, id: InviteId, receiver: UserId, now: Timestamp) -> Answer<(SessionCode, bool)> {
        let record = self.of_receiver(id, receiver).await?;
        if record.status == InviteStatus::Pending && record.expires_at > now {
            // The friendship ended at the moment in which the challenge was made.
            return Err(ErrorCode::InvalidFriendship.into());
        }
        repeated(&record, InviteStatus::Accepted, now)?;
        Ok((record.session_code.ok_or(ErrorCode::SessionNotFound)?, false))
    }

    /// Tells both sides what they play now, and answers it.
    pub(super) async fn tell_begun(&self, record: &InviteRecord, code: SessionCode) -> Answer<()> {
        let session = match self.sessions.announce(code).await {
            // Closed by its host at this very moment.
            Err(error) if error.code == ErrorCode::SessionNotFound => self.sessions.get_even_closed(code).await?,
            announced => announced?,
        };
        let begun = Arc::new(record.clone().begun(session));
        for user in [record.sender_id, record.receiver_id] {
            self.hub.publish(user, &Event::InviteBegun(Arc::clone(&begun)), None);
        }
        Ok(())
    }

    /// What an accepted invite has led to, told again to whoever repeats the answer.
    pub async fn begun(&self, invite_id: InviteId, user: UserId) -> Answer<Begun> {
        let record = self.of_receiver(invite_id, user).await?;
        let code = record.session_code.ok_or(ErrorCode::SessionNotFound)?;
        let session = self.sessions.get_even_closed(code).await?;
        Ok(record.begun(session))
    }
}

impl InviteRecord {
    /// The invite, accepted, with the session that it has led to.
    pub(super) fn begun(self, session: Session) -> Begun {
        let Self { id: invite_id, sender_id, receiver_id, friendship, map, .. } = self;
        Begun { invite_id, sender_id, receiver_id, friendship, map, session }
    }
}
