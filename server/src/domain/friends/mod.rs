//! Friends: one row a pair, requests that cross become a friendship, and blocks that nobody notices.

mod blocks;

use std::sync::Arc;

use rallypoint_protocol::{
    ApiError, ErrorCode, FriendshipId, User, UserId,
    invite::CloseReason,
    social::{Friend, FriendSuggestion, FriendshipStatus, RequestFriend},
};

use crate::{
    config::Limits,
    domain::{Answer, now, presence::PresenceService, rates::Rates, users::Users},
    hub::{Event, Hub},
    metrics::{Metrics, Steps},
    store::{
        self, Db,
        friends::{Asked, Friendship},
    },
};

/// Friends of friends in one answer.
const SUGGESTIONS: i64 = 20;

pub struct Friends {
    db: Db,
    hub: Arc<Hub>,
    users: Arc<Users>,
    rates: Arc<Rates>,
    presence: Arc<PresenceService>,
    steps: Steps,
    max_pending: i64,
}

/// A page of a list, and how many there are in all.
pub type Page<T> = (Vec<T>, i64);

impl Friends {
    pub fn new(
        db: Db,
        hub: Arc<Hub>,
        users: Arc<Users>,
        rates: Arc<Rates>,
        presence: Arc<PresenceService>,
        limits: &Limits,
        metrics: &Metrics,
    ) -> Self {
        let max_pending = i64::from(limits.pending_friend_requests);
        Self { db, hub, users, rates, presence, steps: metrics.steps(), max_pending }
    }

    /// Asks somebody to be a friend, and answers whether that is new. A request of the other one's is accepted by it.
    ///
    /// # Errors
    /// `BAD_REQUEST` for oneself and for nobody, `NOT_FOUND`, `FORBIDDEN` for somebody whom one has blocked,
    /// `TOO_MANY_PENDING`, `RATE_LIMITED`.
    pub async fn request(&self, user: &Arc<User>, wish: RequestFriend) -> Answer<(Friend, bool)> {
        let asked = self.ask(user, wish).await;
        if let Err(error) = &asked {
            tracing::info!(user_id = %user.id, code = %error.code, "friend request refused");
        }
        asked
    }

    async fn ask(&self, user: &Arc<User>, wish: RequestFriend) -> Answer<(Friend, bool)> {
        self.rates.friend_request(user.id)?;
        let other = self.named(wish).await?;
        if other.id == user.id {
            return Err(ApiError::new(ErrorCode::BadRequest, "Ask somebody other than yourself."));
        }
        if store::blocks::has_blocked(&self.db, user.id, other.id).await? {
            return Err(ApiError::new(ErrorCode::Forbidden, "You have blocked this player. Lift the block first."));
        }
        // To whoever is blocked everything looks the same; the request just waits for ever.
        let unheard = store::blocks::has_blocked(&self.db, other.id, user.id).await?;
        let (friendship, new) = match store::friends::request(&self.db, user.id, other.id, now(), self.max_pending)
            .await?
        {
            Asked::New(friendship) => {
                if !unheard {
                    tracing::info!(friendship_id = %friendship.id.0, user_id = %user.id, other_id = %other.id, "friend asked");
                    let event = Event::FriendRequested { friendship_id: friendship.id, user: Arc::new(unseen(user)) };
                    self.hub.publish(other.id, &event, None);
                }
                let event = Event::FriendAsked { friendship_id: friendship.id, user: Arc::new(unseen(&other)) };
                self.hub.publish(user.id, &event, None);
                (friendship, true)
            }
            Asked::Accepted(friendship) => {
                self.became_friends(friendship, user, &other);
                (friendship, true)
            }
            Asked::Known(friendship) => (friendship, false),
            Asked::TooMany => {
                let message = "Too many of your requests wait. Take some of them back.";
                let refusal = ApiError::new(ErrorCode::TooManyPending, message);
                return Err(self.rates.too_many("pending_friend_requests", refusal));
            }
        };
        Ok((self.friend(user.id, friendship, (*other).clone()), new))
    }

    /// Accepts somebody's request. Accepting again is no error.
    ///
    /// # Errors
    /// `NOT_FOUND` when nobody asks under this id.
    pub async fn accept(&self, user: &Arc<User>, id: FriendshipId) -> Answer<Friend> {
        let accepted = store::friends::accept(&self.db, id, user.id, now()).await?;
        let friendship = match accepted {
            Some(friendship) => friendship,
            None => {
                let known = store::friends::find(&self.db, id).await?;
                let accepted = |known: &Friendship| known.other(user.id).is_some() && known.accepted_at.is_some();
                known.filter(accepted).ok_or_else(unknown)?
            }
        };
        let other = self.users.get(friendship.other(user.id).ok_or_else(unknown)?).await?;
        if accepted.is_some() {
            self.became_friends(friendship, user, &other);
        }
        Ok(self.friend(user.id, friendship, (*other).clone()))
    }

    /// Declines somebody's request.
    ///
    /// # Errors
    /// `NOT_FOUND` when nobody asks under this id.
    pub async fn decline(&self, user: UserId, id: FriendshipId) -> Answer<()> {
        let friendship = store::friends::decline(&self.db, id, user).await?.ok_or_else(unknown)?;
        self.tell_ended(id, user, friendship.other(user).ok_or_else(unknown)?).await;
        Ok(())
    }

    /// Ends a friendship, or takes one's own request back. Challenges between the two end with it.
    ///
    /// # Errors
    /// `NOT_FOUND` when there is neither.
    pub async fn remove(&self, user: UserId, id: FriendshipId) -> Answer<()> {
        let removed = store::friends::remove(&self.db, id, user, now()).await?;
        let (friendship, challenges) = removed.ok_or_else(unknown)?;
        for invite in challenges {
            self.steps.cancelled.inc();
            tracing::info!(invite_id = %invite.id, "invite cancelled with the friendship");
            let event = Event::InviteCancelled { invite_id: invite.id, reason: CloseReason::FriendshipEnded };
            for user in [invite.receiver_id, invite.sender_id] {
                self.hub.publish(user, &event, None);
            }
        }
        self.tell_ended(id, user, friendship.other(user).ok_or_else(unknown)?).await;
        Ok(())
    }

    pub async fn list(&self, user: UserId, limit: i64, offset: i64) -> Answer<Page<Friend>> {
        let (rows, total) = store::friends::friends(&self.db, user, limit, offset).await?;
        Ok((self.rows(user, rows), total))
    }

    /// Requests that wait, in both directions.
    pub async fn requests(&self, user: UserId, limit: i64, offset: i64) -> Answer<Page<Friend>> {
        let (rows, total) = store::friends::requests(&self.db, user, limit, offset).await?;
        Ok((self.rows(user, rows), total))
    }

    /// Friends of friends, those with the most friends in common first.
    pub async fn suggestions(&self, user: UserId) -> Answer<Vec<FriendSuggestion>> {
        let rows = store::friends::suggestions(&self.db, user, SUGGESTIONS).await?;
        let suggestion = |(user, mutual): (User, i64)| FriendSuggestion {
            user: self.seen(&user),
            mutual_friends: u32::try_from(mutual).unwrap_or(u32::MAX),
        };
        Ok(rows.into_iter().map(suggestion).collect())
    }

    /// The friendship of two, if they are friends.
    pub async fn between(&self, one: UserId, other: UserId) -> Answer<Option<FriendshipId>> {
        let friendship = store::friends::between(&self.db, one, other).await?;
        Ok(friendship.filter(|friendship| friendship.accepted_at.is_some()).map(|friendship| friendship.id))
    }

    async fn named(&self, wish: RequestFriend) -> Answer<Arc<User>> {
        match wish {
            RequestFriend { user_id: Some(id), username: None } => self.users.get(id).await,
            RequestFriend { user_id: None, username: Some(name) } => self.users.named(&name).await,
            _ => Err(ApiError::new(ErrorCode::BadRequest, "Name the player by username or by user_id.")),
        }
    }

    fn became_friends(&self, friendship: Friendship, user: &Arc<User>, other: &Arc<User>) {
        let id = friendship.id;
        tracing::info!(friendship_id = %id.0, user_id = %user.id, other_id = %other.id, "friends");
        for (one, friend) in [(user, other), (other, user)] {
            let event = Event::FriendAccepted { friendship_id: id, user: Arc::new(self.seen(friend)) };
            self.hub.publish(one.id, &event, None);
            let presence = self.presence.of_one(friend);
            self.hub.publish(one.id, &Event::PresenceChanged(Arc::new(presence)), None);
        }
    }

    /// Tells both that a friendship or request has ended by `user`. Whoever has blocked the user has never heard of it.
    async fn tell_ended(&self, friendship_id: FriendshipId, user: UserId, other: UserId) {
        tracing::info!(friendship_id = %friendship_id.0, user_id = %user, "friendship ended");
        self.hub.publish(user, &Event::FriendRemoved { friendship_id, user_id: other }, None);
        match store::blocks::has_blocked(&self.db, other, user).await {
            Ok(false) => self.hub.publish(other, &Event::FriendRemoved { friendship_id, user_id: user }, None),
            Ok(true) => {}
            Err(error) => tracing::warn!(user_id = %other, %error, "nobody told that a friendship has ended"),
        }
    }

    /// The user, with whether it is online.
    fn seen(&self, user: &User) -> User {
        User { online: self.hub.is_online(user.id, now()), ..user.clone() }
    }

    fn rows(&self, user: UserId, rows: Vec<(Friendship, User)>) -> Vec<Friend> {
        rows.into_iter().map(|(friendship, other)| self.friend(user, friendship, other)).collect()
    }

    fn friend(&self, user: UserId, friendship: Friendship, other: User) -> Friend {
        let accepted = friendship.accepted_at.is_some();
        let presence = accepted.then(|| self.presence.of_one(&other));
        Friend {
            friendship_id: friendship.id,
            status: if accepted { FriendshipStatus::Accepted } else { FriendshipStatus::Pending },
            incoming: friendship.requester != user,
            since: friendship.accepted_at.unwrap_or(friendship.created_at),
            // Who only asked, or was asked, does not see whether the other one is there.
            user: User { online: presence.as_ref().is_some_and(|presence| presence.online), ..other },
            presence,
        }
    }
}

/// The user as seen by somebody who is no friend: whether it is online is not told.
fn unseen(user: &User) -> User {
    User { online: false, ..user.clone() }
}

fn unknown() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "No friendship or request of yours has this id.")
}
