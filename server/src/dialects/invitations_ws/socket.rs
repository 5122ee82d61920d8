//! One client's socket: what arrives goes to the services, what the hub has for it goes out.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt as _, stream};
use rallypoint_protocol::{
    ApiError, ErrorCode, FriendshipId, InviteId, User,
    invite::{InviteAnswer, RespondInvite},
};
use serde_json::Value;
use tokio::time::{MissedTickBehavior, interval};

use super::{
    absence::Trail,
    connection::{Mailbox, Registered},
    frames::{Frame, Id, malformed, meant},
    words,
    ws::{self, Farewell, guard::Guard},
};
use crate::{
    app::App,
    domain::{Answer, now},
    hub::{Begun, Event},
};

/// How long a client may be silent, which is looked at with every ping: whoever crashes is offline within a minute.
/// Browsers answer by themselves.
const SILENCE: Duration = Duration::from_secs(45);
const PING: Duration = Duration::from_secs(15);
/// Invites whose friendship a connection remembers.
const REMEMBERED: usize = 256;

/// Somebody connected.
pub(super) struct Conversation {
    app: Arc<App>,
    user: Arc<User>,
    registered: Registered,
    mailbox: Mailbox,
    guard: Guard,
    started: Instant,
    heard: Instant,
    trail: Arc<Trail>,
    /// `friendship_id` of the invites that were told of here.
    friendships: HashMap<InviteId, String>,
    /// The challenge that rings here, by `friendship_id`, with its map.
    ringing: HashMap<String, (InviteId, String)>,
}

/// The client is gone (`None`), or has to go.
type Gone = Option<Farewell>;

impl Conversation {
    pub(super) fn new(
        app: Arc<App>,
        user: Arc<User>,
        registered: Registered,
        mailbox: Mailbox,
        trail: Arc<Trail>,
    ) -> Self {
        let (now, patience) = (Instant::now(), app.config.limits.refusals_before_close);
        let guard = Guard::new(None, patience, &app.metrics);
        Self {
            app,
            user,
            registered,
            mailbox,
            guard,
            started: now,
            heard: now,
            trail,
            friendships: HashMap::new(),
            ringing: HashMap::new(),
        }
    }

    /// Lets both sides talk until one of them ends it, and says why. What a frame asks for is done to its end.
    pub(super) async fn run(&mut self, socket: &mut WebSocket) -> Gone {
        let parting = Arc::clone(&self.mailbox.parting);
        let mut pings = interval(PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // What has happened is told before an answer: it may be about that.
            let step = tokio::select! {
                biased;
                end = parting.parted() => Err(Some(end)),
                Some(event) = self.mailbox.events.recv() => self.tell(socket, event).await,
                _ = pings.tick() => self.ping(socket).await,
                frame = socket.recv() => self.hear(socket, frame).await,
            };
            if let Err(gone) = step {
                return gone;
            }
        }
    }

    async fn ping(&mut self, socket: &mut WebSocket) -> Result<(), Gone> {
        if self.heard.elapsed() > SILENCE {
            return Err(None);
        }
        ws::in_time(socket.send(Message::Ping(bytes::Bytes::new()))).await
    }

    async fn tell(&mut self, socket: &mut WebSocket, event: Event) -> Result<(), Gone> {
        let end = ended(&event);
        match self.words(event).await {
            Ok(Some(frame)) => match end {
                Some(invite_id) => self.say_end(socket, &frame, invite_id).await,
                None => say(socket, &frame).await,
            },
            Ok(None) => Ok(()),
            Err(error) => {
                // It is told again to whoever connects again.
                tracing::warn!(user_id = %self.user.id, %error, "an event could not be put into words");
                Err(Some(ws::farewell(ErrorCode::Unavailable)))
            }
        }
    }

    /// Says how an invite has ended. The answer to a ping shows that what went before has arrived.
    async fn say_end(&self, socket: &mut WebSocket, frame: &Value, invite_id: InviteId) -> Result<(), Gone> {
        let asked = self.trail.told_end(invite_id).to_be_bytes();
        let frames = [Message::text(frame.to_string()), Message::Ping(bytes::Bytes::copy_from_slice(&asked))];
        ws::in_time(socket.send_all(&mut stream::iter(frames.map(Ok)))).await
    }

    async fn words(&mut self, event: Event) -> Answer<Option<Value>> {
        if let Some(invite_id) = ended(&event) {
            self.ringing.retain(|_, (ringing, _)| *ringing != invite_id);
        }
        Ok(Some(match event {
            // One that comes while the socket connects is announced, and handed over with those that waited.
            Event::InviteCreated(facts) if self.friendships.contains_key(&facts.id) => return Ok(None),
            Event::InviteCreated(facts) => {
                let sender = self.app.users.get(facts.sender_id).await?;
                let friendship = match &facts.challenge {
                    Some(challenge) => {
                        let friendship = self.remember(facts.id, Some(challenge.friendship));
                        self.ringing.insert(friendship.clone(), (facts.id, challenge.map.clone()));
                        friendship
                    }
                    None => self.friendship_of(facts.id).await?,
                };
                words::received(&facts, &sender, &friendship, facts.expires_at.seconds_after(now()))
            }
            Event::InviteDeclined { invite_id, receiver, friendship } => {
                if let (Some(friendship), false) = (friendship, self.friendships.contains_key(&invite_id)) {
                    self.remember(invite_id, Some(friendship));
                }
                words::declined(invite_id, &self.friendship_of(invite_id).await?, &receiver)
            }
            Event::InviteCancelled { invite_id, .. } => {
                words::cancelled(invite_id, &self.friendship_of(invite_id).await?)
            }
            Event::InviteExpired { invite_id } => words::expired(invite_id, &self.friendship_of(invite_id).await?),
            Event::InviteResolved { invite_id, status } => {
                words::resolved(invite_id, &self.friendship_of(invite_id).await?, status)
            }
            Event::InviteBegun(begun) => self.begun(&begun).await?,
            _ => return Ok(None),
        }))
    }

    /// The challenge that an answer means, if it rings here.
    fn take_ringing(&mut self, friendship: Option<&Id>, map: Option<&str>) -> Option<InviteId> {
        let Some(Id::Text(friendship)) = friendship else { return None };
        let (_, invited) = self.ringing.get(friendship)?;
        // Another map is a mistake to be told of.
        if map.is_some_and(|map| map != invited) {
            return None;
        }
        self.ringing.remove(friendship).map(|(invite, _)| invite)
    }

    async fn begun(&mut self, begun: &Begun) -> Answer<Value> {
        let friendship = match begun.friendship {
            Some(friendship) => friendship.0.to_string(),
            None => self.friendship_of(begun.invite_id).await?,
        };
        let users = &self.app.users;
        let players = [users.get(begun.sender_id).await?, users.get(begun.receiver_id).await?];
        Ok(words::begun(begun, &friendship, [&players[0], &players[1]]))
    }

    /// Remembers an invite, of a friend or of somebody else: its `friendship_id`.
    fn remember(&mut self, invite: InviteId, friendship: Option<FriendshipId>) -> String {
        if self.friendships.len() >= REMEMBERED {
            self.friendships.clear();
        }
        let label = friendship.map_or_else(|| words::no_friendship(invite), |id| id.0.to_string());
        self.friendships.insert(invite, label.clone());
        self.trail.told_of(invite, friendship.is_some());
        label
    }

    /// `friendship_id` of an invite of which nothing else is known.
    async fn friendship_of(&mut self, invite: InviteId) -> Answer<String> {
        if let Some(friendship) = self.friendships.get(&invite) {
            return Ok(friendship.clone());
        }
        let friendship = match self.app.invites.other_side(invite, self.user.id).await? {
            (_, Some(friendship)) => Some(friendship),
            (other, None) => self.app.friends.between(self.user.id, other).await?,
        };
        Ok(self.remember(invite, friendship))
    }

    async fn hear(&mut self, socket: &mut WebSocket, frame: Option<Result<Message, axum::Error>>) -> Result<(), Gone> {
        self.heard = Instant::now();
        // The end of a cut cable is no sign of life, a farewell is.
        if matches!(frame, Some(Ok(_))) {
            self.trail.heard(now());
        }
        let text = match frame {
            Some(Ok(Message::Text(text))) => Some(text),
            Some(Ok(Message::Binary(_))) => None,
            Some(Ok(Message::Pong(end))) if self.has_received(&end) => return Ok(()),
            // Nobody has to ping; whoever floods with it is read no further.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                let limited = self.app.rates.frame(self.user.id).is_err();
                let flood = limited && self.guard.refused(self.started.elapsed());
                return if flood { Err(Some(ws::farewell(ErrorCode::RateLimited))) } else { Ok(()) };
            }
            Some(Ok(Message::Close(_))) | None => return Err(None),
            Some(Err(error)) => return Err(ws::broken(&error)),
        };
        self.app.hub.touch(self.user.id, Some(self.registered.id), now());
        let (answer, friendship) = match self.understand(text.as_deref()) {
            Ok(frame) => {
                let friendship = frame.friendship().map(str::to_owned);
                (self.act(frame).await, friendship)
            }
            Err(error) => (Err(error), None),
        };
        match answer {
            Ok(Reply::Frame(frame)) => say(socket, &frame).await,
            Ok(Reply::End(frame, invite_id)) => self.say_end(socket, &frame, invite_id).await,
            Ok(Reply::Nothing) => Ok(()),
            Err(error) => {
                tracing::info!(user_id = %self.user.id, code = %error.code, "invitation frame refused");
                say(socket, &words::error(&error, friendship.as_deref())).await?;
                if error.code == ErrorCode::RateLimited && self.guard.refused(self.started.elapsed()) {
                    tracing::info!(user_id = %self.user.id, "socket closed after repeated refusals");
                    return Err(Some(ws::farewell(ErrorCode::RateLimited)));
                }
                Ok(())
            }
        }
    }

    /// Whether the answer to a ping shows that a client has received something.
    fn has_received(&self, end: &[u8]) -> bool {
        end.try_into().is_ok_and(|end| self.trail.received(u64::from_be_bytes(end)))
    }

    fn understand(&self, text: Option<&str>) -> Answer<Frame> {
        self.app.rates.frame(self.user.id)?;
        Frame::decode(text.ok_or_else(|| malformed("Send JSON in text frames.".to_owned()))?)
    }

    /// Does what a frame asks for. What everybody concerned is told comes through the hub.
    async fn act(&mut self, frame: Frame) -> Answer<Reply> {
        match frame {
            Frame::Invite { friendship_id, map, sender_username } => {
                self.app.takes_new()?;
                let own = |name: &String| name.eq_ignore_ascii_case(&self.user.username);
                if sender_username.is_some_and(|name| !own(&name)) {
                    return Err(ApiError::new(ErrorCode::Forbidden, "sender_username is not yours."));
                }
                let sent = self.app.invites.challenge_friend(&self.user, friendship_id.friendship()?, &map).await?;
                self.remember(sent.invite_id, Some(sent.friendship_id));
                Ok(Reply::Frame(words::sent(&sent)))
            }
            Frame::Respond { friendship_id, invitation_id, accepted, map } => {
                let (friendship, map) = (friendship_id.as_ref(), map.filter(|_| accepted));
                let ringing = invitation_id.is_none().then(|| self.take_ringing(friendship, map.as_deref())).flatten();
                let invites = &self.app.invites;
                let invite_id = match ringing {
                    Some(invite_id) => invite_id,
                    None => {
                        let meant = meant(friendship, invitation_id.as_ref())?;
                        invites.meant(self.user.id, meant, map.as_deref()).await?
                    }
                };
                let response = if accepted { InviteAnswer::Accept } else { InviteAnswer::Decline };
                let wish = RespondInvite { invite_id, response };
                let responded = invites.respond(&self.user, wish, Some(self.registered.id)).await;
                self.ringing.retain(|_, (ringing, _)| *ringing != invite_id);
                let responded = responded?;
                if accepted && !responded.new {
                    let begun = invites.begun(invite_id, self.user.id).await?;
                    return self.begun(&begun).await.map(Reply::Frame);
                }
                if !accepted {
                    self.trail.ended(invite_id);
                }
                Ok(Reply::Nothing)
            }
            Frame::Cancel { invitation_id } => {
                let invite_id = invitation_id.invite()?;
                self.app.invites.cancel(self.user.id, invite_id, Some(self.registered.id)).await?;
                let friendship = self.friendship_of(invite_id).await?;
                Ok(Reply::End(words::cancelled(invite_id, &friendship), invite_id))
            }
        }
    }
}

/// What a frame is answered with. What it has led to is told as an event.
enum Reply {
    Frame(Value),
    End(Value, InviteId),
    Nothing,
}

/// The invite of whose end an event tells.
fn ended(event: &Event) -> Option<InviteId> {
    match event {
        Event::InviteBegun(begun) => Some(begun.invite_id),
        Event::InviteDeclined { invite_id, .. }
        | Event::InviteCancelled { invite_id, .. }
        | Event::InviteExpired { invite_id }
        | Event::InviteResolved { invite_id, .. } => Some(*invite_id),
        _ => None,
    }
}

impl Frame {
    fn friendship(&self) -> Option<&str> {
        match self {
            Frame::Invite { friendship_id: Id::Text(id), .. }
            | Frame::Respond { friendship_id: Some(Id::Text(id)), .. } => Some(id),
            _ => None,
        }
    }
}

async fn say(socket: &mut WebSocket, frame: &Value) -> Result<(), Gone> {
    ws::in_time(socket.send(Message::text(frame.to_string()))).await
}
