//! Friends: asked for, accepted, challenged.

use std::{sync::Arc, time::Instant};

use rallypoint_core::{FriendList, roster::Input};
use rallypoint_protocol::{
    FriendshipId, User, UserId,
    invite::{ChallengeFriend, ChallengeSent, InviteKind, SentInvite},
    social::{Friend, FriendSuggestion, RequestFriend},
};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::{
    Client, Error,
    driver::{Command, Message, Shared},
    invites::find_sent,
    rest::Rest,
};

/// Rows asked for at once; the server gives no more.
const PAGE: usize = 100;
/// Rows of a list read at most.
const MOST: usize = 2_000;
/// How often a list is begun anew that changes while it is read.
const READINGS: usize = 5;

/// From [`Client::friends`].
///
/// [`Friends::state`] is always at hand and kept up to date: it is read after the sign-in and after each reconnect, and
/// changed by what the server tells. [`Event::FriendsChanged`](crate::Event::FriendsChanged) says when to look again.
#[derive(Clone)]
pub struct Friends {
    pub(crate) client: Client,
}

impl Friends {
    /// What was last known of friends and requests, with everybody's presence.
    pub fn state(&self) -> Arc<FriendList> {
        self.client.shared().friends()
    }

    /// All friends, newest first, asked of the server. Of more than 2,000 the newest.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn list(&self) -> Result<Vec<Friend>, Error> {
        self.client.with_rest(|rest| async move { Ok(list(&rest).await?.0) }).await
    }

    /// The requests that wait, in both directions ([`Friend::incoming`] tells), newest first, asked of the server.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn requests(&self) -> Result<Vec<Friend>, Error> {
        self.client.with_rest(|rest| async move { Ok(requests(&rest).await?.0) }).await
    }

    /// Friends of friends, those with the most friends in common first; 20 at most.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn suggestions(&self) -> Result<Vec<FriendSuggestion>, Error> {
        self.client.with_rest(|rest| async move { rest.get("/friends/suggestions/").await }).await
    }

    /// Asks for somebody's friendship by the username. Accepts at once if that one has asked first; repeating answers
    /// the same row.
    ///
    /// # Errors
    /// `BAD_REQUEST` (oneself), `NOT_FOUND`, `FORBIDDEN` (one has blocked them), `TOO_MANY_PENDING`, `RATE_LIMITED`
    pub async fn request(&self, username: &str) -> Result<Friend, Error> {
        self.ask_for(RequestFriend { username: Some(username.to_owned()), user_id: None }).await
    }

    /// As [`Friends::request`], by the id.
    ///
    /// # Errors
    /// As [`Friends::request`].
    pub async fn request_user(&self, user: UserId) -> Result<Friend, Error> {
        self.ask_for(RequestFriend { username: None, user_id: Some(user) }).await
    }

    /// Accepts a request. Repeating it is no error.
    ///
    /// # Errors
    /// `NOT_FOUND`: it is gone, or was never for oneself.
    pub async fn accept(&self, id: FriendshipId) -> Result<Friend, Error> {
        self.change(
            move |shared| async move { shared.rest.post::<Friend>(&path(id, "/accept"), &json!({})).await },
            |began, friend| Input::Known { began, friend: friend.clone() },
        )
        .await
    }

    /// Declines a request; whoever asked is told that it has ended.
    ///
    /// # Errors
    /// `NOT_FOUND`
    pub async fn decline(&self, id: FriendshipId) -> Result<(), Error> {
        self.without_answer(Method::POST, path(id, "/decline"), Input::Ended(id)).await
    }

    /// Ends a friendship, or takes one's own request back.
    ///
    /// # Errors
    /// `NOT_FOUND`
    pub async fn remove(&self, id: FriendshipId) -> Result<(), Error> {
        self.without_answer(Method::DELETE, path(id, ""), Input::Ended(id)).await
    }

    /// Keeps somebody away: ends a friendship or request, and refuses what they send. Repeating it is no error.
    ///
    /// # Errors
    /// `NOT_FOUND`, `BAD_REQUEST` (oneself)
    pub async fn block(&self, user: UserId) -> Result<(), Error> {
        self.without_answer(Method::POST, format!("/users/{user}/block"), Input::Blocked(user)).await
    }

    /// Lets somebody come near again; a friendship has to be asked for anew. Repeating it is no error.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn unblock(&self, user: UserId) -> Result<(), Error> {
        self.without_answer(Method::DELETE, format!("/users/{user}/block"), Input::Unblocked).await
    }

    /// Whom one has blocked, newest first.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn blocked(&self) -> Result<Vec<User>, Error> {
        let id = |user: &User| user.id.0;
        self.client.with_rest(move |rest| async move { Ok(pages(&rest, "/users/blocked", id).await?.0) }).await
    }

    /// The maps that a challenge can be about.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn maps(&self) -> Result<Vec<String>, Error> {
        self.client.with_rest(|rest| async move { rest.get("/maps").await }).await
    }

    /// Invites a friend to a match on a map. It is followed like every invite that one sends: once
    /// [`SentProgress::Accepted`](crate::SentProgress::Accepted) is told, its `session_code` leads into the match by
    /// [`Sessions::access`](crate::Sessions::access). [`Invites::cancel`](crate::Invites::cancel) takes it back. A
    /// reply that got lost on the way is found again, so that one call never makes two invites.
    ///
    /// # Errors
    /// `INVALID_MAP` (its details name the maps there are), `INVALID_FRIENDSHIP`, `USER_OFFLINE`, `USER_BUSY` (in a
    /// match), `DUPLICATE_INVITATION`, `SELF_INVITE`, `TOO_MANY_PENDING`, `RATE_LIMITED`
    pub async fn challenge(&self, friend: UserId, map: &str) -> Result<ChallengeSent, Error> {
        let shared = self.client.shared().clone();
        let wish = ChallengeFriend { receiver_id: friend, map: map.to_owned() };
        self.client.on_runtime(async move { challenge(&shared, wish).await }).await
    }

    async fn ask_for(&self, wish: RequestFriend) -> Result<Friend, Error> {
        self.change(
            move |shared| async move { shared.rest.post::<Friend>("/friends/requests/", &wish).await },
            |began, friend| Input::Known { began, friend: friend.clone() },
        )
        .await
    }

    async fn without_answer(&self, method: Method, path: String, input: Input) -> Result<(), Error> {
        self.change(move |shared| async move { bodyless(&shared.rest, method, &path).await }, |_, ()| input).await
    }

    /// Makes a request whose outcome is in [`Friends::state`] when this returns.
    async fn change<T, F, Fut>(
        &self,
        request: F,
        outcome: impl FnOnce(Instant, &T) -> Input + Send + 'static,
    ) -> Result<T, Error>
    where
        T: Send + Sync + 'static,
        F: FnOnce(Arc<Shared>) -> Fut,
        Fut: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let shared = self.client.shared().clone();
        let (epoch, began) = (shared.rest.tokens.epoch(), Instant::now());
        let answer = request(shared.clone());
        let work = async move {
            let answer = answer.await?;
            let (done, seen) = oneshot::channel();
            let command = Command::FriendsChanged { input: outcome(began, &answer), done };
            let _ = shared.commands().send(Message { epoch: Some(epoch), command }).await;
            // It fails where somebody else has signed in meanwhile, whom it does not concern.
            let _ = seen.await;
            Ok(answer)
        };
        self.client.on_runtime(work).await
    }
}

/// All friends, and whether those are all.
pub(crate) async fn list(rest: &Rest) -> Result<(Vec<Friend>, bool), Error> {
    pages(rest, "/friends/", |friend: &Friend| friend.friendship_id.0).await
}

pub(crate) async fn requests(rest: &Rest) -> Result<(Vec<Friend>, bool), Error> {
    pages(rest, "/friends/requests/", |friend: &Friend| friend.friendship_id.0).await
}

/// All rows of a list, and whether those are all.
async fn pages<T: DeserializeOwned>(rest: &Rest, path: &str, id: impl Fn(&T) -> i64) -> Result<(Vec<T>, bool), Error> {
    for _ in 0..READINGS {
        if let Some(list) = read_pages(rest, path, &id).await? {
            return Ok(list);
        }
    }
    Err(Error::Network("the list changed again and again while it was read".into()))
}

/// `None` when the list has changed between two pages. Each page begins with the last row of the one before, by which
/// that shows.
async fn read_pages<T: DeserializeOwned>(
    rest: &Rest,
    path: &str,
    id: &impl Fn(&T) -> i64,
) -> Result<Option<(Vec<T>, bool)>, Error> {
    let mut all: Vec<T> = Vec::new();
    while all.len() < MOST {
        let (limit, offset) = (PAGE.to_string(), all.len().saturating_sub(1).to_string());
        let query = [("limit", limit.as_str()), ("offset", offset.as_str())];
        let mut page: Vec<T> = rest.call(Method::GET, path, &query, None::<&()>).await?;
        let last = page.len() < PAGE;
        if let Some(known) = all.pop()
            && page.first().map(id) != Some(id(&known))
        {
            return Ok(None);
        }
        all.append(&mut page);
        if last {
            return Ok(Some((all, true)));
        }
    }
    Ok(Some((all, false)))
}

async fn challenge(shared: &Shared, wish: ChallengeFriend) -> Result<ChallengeSent, Error> {
    let (epoch, started) = (shared.rest.tokens.epoch(), Instant::now());
    let sent = match shared.rest.post::<ChallengeSent>("/invite/challenge", &wish).await {
        Ok(sent) => sent,
        Err(error @ (Error::Timeout | Error::Network(_))) => {
            let about = |invite: &SentInvite| {
                invite.kind == InviteKind::Map
                    && invite.receiver_id == wish.receiver_id
                    && invite.map.as_deref() == Some(&wish.map)
            };
            match find_sent(shared, started.into(), about).await {
                Ok(Some(invite)) => match invite.friendship_id {
                    Some(friendship_id) => found(invite, friendship_id, wish.map),
                    None => return Err(error),
                },
                Ok(None) | Err(_) => return Err(error),
            }
        }
        Err(error) => return Err(error),
    };
    shared.track_sent(epoch, sent.invite_id, sent.receiver_id).await?;
    Ok(sent)
}

fn found(invite: SentInvite, friendship_id: FriendshipId, map: String) -> ChallengeSent {
    ChallengeSent {
        status: Default::default(),
        invite_id: invite.invite_id,
        friendship_id,
        map,
        receiver_id: invite.receiver_id,
        receiver_name: invite.receiver_name,
        created_at: invite.created_at,
        expires_at: invite.expires_at,
        expires_in: invite.expires_in,
    }
}

fn path(id: FriendshipId, what: &str) -> String {
    format!("/friends/{}{what}", id.0)
}

async fn bodyless(rest: &Rest, method: Method, path: &str) -> Result<(), Error> {
    rest.call::<Value>(method, path, &[], None::<&()>).await.map(drop)
}
