//! Events together with the text that they point to.

mod friends;
mod matchmaking;
#[cfg(test)]
pub(crate) mod tests;

use std::{sync::Arc, time::Instant};

pub(crate) use friends::{
    FriendView, about_user, challenge_sent, friend, friend_event, friendship, map, suggestion, trace_step, traced,
};
pub(crate) use matchmaking::{QueueView, match_found, queue_left, queue_state};
use rallypoint::{
    Error, Event, InviteEntry,
    protocol::{
        FriendshipId, Timestamp, User,
        event::ServerEvent,
        invite::{InviteResponded, InviteSent, SentInvite},
        presence::Presence,
        session::{GameAccess, GameOptions, Session},
    },
};

use crate::{
    convert::{kind_number, link_number, options_out, progress_number, reason_numbers, state_number, status_number},
    status::Failure,
    types::*,
};

const NO_OPTIONS: rp_game_options =
    rp_game_options { game_speed: 0, ranked: 0, cool_mode: 0, score_to_win: 0, time_limit: 0, reserved: 0 };

const NOTHING: rp_event = rp_event {
    event_type: 0,
    error: 0,
    request: 0,
    invite_id: 0,
    user_id: 0,
    host_id: 0,
    activity_id: 0,
    created_at_ms: 0,
    expires_at_ms: 0,
    remaining_ms: 0,
    operation: 0,
    kind: 0,
    state: 0,
    status: 0,
    reason: 0,
    progress: 0,
    link: 0,
    seen: 0,
    online: 0,
    in_game: 0,
    server_port: 0,
    max_players: 0,
    player_count: 0,
    open: 0,
    active: 0,
    side: 0,
    count: 0,
    retry_after: 0,
    retryable: 0,
    forfeited: 0,
    options: NO_OPTIONS,
    session_code: rp_str::ABSENT,
    session_name: rp_str::ABSENT,
    server_ip: rp_str::ABSENT,
    game_id: rp_str::ABSENT,
    connect_token: rp_str::ABSENT,
    sender_name: rp_str::ABSENT,
    username: rp_str::ABSENT,
    display_name: rp_str::ABSENT,
    tag: rp_str::ABSENT,
    image_url: rp_str::ABSENT,
    user_status: rp_str::ABSENT,
    refresh_token: rp_str::ABSENT,
    map: rp_str::ABSENT,
    message: rp_str::ABSENT,
    name: rp_str::ABSENT,
};

/// Keeps text at its address for as long as it lives itself, wherever it is moved.
#[derive(Default)]
struct Texts(Vec<Arc<str>>);

impl Texts {
    fn keep(&mut self, text: &str) -> rp_str {
        if text.is_empty() {
            return rp_str::ABSENT;
        }
        let kept: Arc<str> = text.into();
        let out = rp_str::of(&kept);
        self.0.push(kept);
        out
    }

    fn keep_any(&mut self, text: Option<&str>) -> rp_str {
        text.map_or(rp_str::ABSENT, |text| self.keep(text))
    }
}

/// An event whose text lives as long as it does.
pub(crate) struct Record {
    pub event: rp_event,
    pub players: Vec<rp_player>,
    pub queue: Option<Box<rp_queue>>,
    pub match_end: Option<Box<rp_match_end>>,
    pub friend: Option<Box<rp_friend>>,
    /// The one that the event is about.
    pub friendship: Option<FriendshipId>,
    texts: Texts,
}

// SAFETY: every pointer in `event`, `players`, `queue`, `match_end` and `friend` is null or points into `texts`, which
// moves along and is never changed through them.
unsafe impl Send for Record {}

impl Default for Record {
    fn default() -> Self {
        Self {
            event: NOTHING,
            players: Vec::new(),
            queue: None,
            match_end: None,
            friend: None,
            friendship: None,
            texts: Texts::default(),
        }
    }
}

impl Record {
    fn of(event_type: i32) -> Self {
        Self { event: rp_event { event_type, ..NOTHING }, ..Self::default() }
    }

    fn person(mut self, user: &User) -> Self {
        let (event, texts) = (&mut self.event, &mut self.texts);
        event.user_id = user.id.0;
        event.created_at_ms = user.created_at.0;
        event.online = user.online.into();
        event.username = texts.keep(&user.username);
        event.display_name = texts.keep(&user.display_name);
        event.tag = texts.keep(&user.tag);
        event.image_url = texts.keep_any(user.image_url.as_deref());
        self
    }

    fn invite(mut self, entry: &InviteEntry) -> Self {
        let invite = InviteView::fields(entry, Instant::now(), &mut self.texts);
        let event = &mut self.event;
        event.invite_id = invite.invite_id;
        event.user_id = invite.sender_id;
        event.activity_id = invite.activity_id;
        event.created_at_ms = invite.created_at_ms;
        event.expires_at_ms = invite.expires_at_ms;
        event.remaining_ms = invite.remaining_ms;
        event.kind = invite.kind;
        event.state = invite.state;
        event.seen = invite.seen;
        event.server_port = invite.server_port;
        event.options = invite.options;
        event.sender_name = invite.sender_name;
        event.session_code = invite.session_code;
        event.session_name = invite.session_name;
        event.server_ip = invite.server_ip;
        event.map = invite.map;
        event.message = invite.message;
        self.friendship = entry.invite.friendship_id;
        self
    }

    fn session(mut self, session: &Session) -> Self {
        let (event, texts) = (&mut self.event, &mut self.texts);
        event.host_id = session.host_id.0;
        event.server_port = session.server_port.into();
        event.max_players = i32::try_from(session.max_players).unwrap_or(i32::MAX);
        event.open = session.open.into();
        event.active = session.active.into();
        event.options = options_out(&session.options);
        event.session_code = texts.keep(session.session_code.as_str());
        event.session_name = texts.keep(&session.name);
        event.server_ip = texts.keep(&session.server_ip);
        event.game_id = texts.keep_any(session.game_id.map(|id| id.to_string()).as_deref());
        let player = |texts: &mut Texts, id, name: &str| rp_player { user_id: id, name: texts.keep(name) };
        self.players = session.players.iter().map(|seat| player(texts, seat.user_id.0, &seat.name)).collect();
        event.player_count = i32::try_from(self.players.len()).unwrap_or(i32::MAX);
        self
    }

    fn expiry(mut self, created_at: Timestamp, expires_at: Timestamp, expires_in: i64) -> Self {
        self.event.created_at_ms = created_at.0;
        self.event.expires_at_ms = expires_at.0;
        self.event.remaining_ms = expires_in.max(0).saturating_mul(1_000);
        self
    }

    fn message(mut self, message: &str) -> Self {
        self.event.message = self.texts.keep(message);
        self
    }
}

/// What the SDK says, in the words of the interface.
pub(crate) fn event(event: Event) -> Record {
    match event {
        Event::LinkChanged { state, error } => {
            let mut record = error.map_or_else(Record::default, |error| failed(&Error::Api(error)));
            record.event.event_type = RP_EVENT_LINK;
            record.event.link = link_number(state);
            record
        }
        Event::SignedOut { error } => {
            let mut record = failed(&Error::Api(error));
            record.event.event_type = RP_EVENT_SIGNED_OUT;
            record
        }
        Event::InviteAdded(entry) => Record::of(RP_EVENT_INVITE_ADDED).invite(&entry),
        Event::InviteChanged(entry) => Record::of(RP_EVENT_INVITE_CHANGED).invite(&entry),
        Event::InviteRemoved { entry, reason } => {
            let mut record = Record::of(RP_EVENT_INVITE_REMOVED).invite(&entry);
            (record.event.reason, record.event.status) = reason_numbers(reason);
            record
        }
        Event::SentInviteChanged(update) => {
            let mut record =
                Record::of(RP_EVENT_SENT_INVITE_CHANGED).message(update.message.as_deref().unwrap_or_default());
            record.event.invite_id = update.invite_id.0;
            record.event.user_id = update.receiver_id.map_or(0, |receiver| receiver.0);
            record.event.progress = progress_number(update.progress);
            record.event.session_code = record.texts.keep_any(update.session_code.as_ref().map(|code| code.as_str()));
            record
        }
        Event::SessionUpdated(session) => Record::of(RP_EVENT_SESSION).session(&session),
        Event::PresenceChanged(changed) => presence(&changed),
        Event::FriendsChanged => Record::of(RP_EVENT_FRIENDS_CHANGED),
        Event::FriendRequested(friend) => friend_event(RP_EVENT_FRIEND_REQUESTED, &friend),
        Event::FriendAccepted(friend) => friend_event(RP_EVENT_FRIEND_ACCEPTED, &friend),
        Event::FriendRemoved(friend) => friend_event(RP_EVENT_FRIEND_REMOVED, &friend),
        Event::QueueChanged(state) => {
            let mut record = queue_state(&state);
            record.event.event_type = RP_EVENT_QUEUE_CHANGED;
            record
        }
        Event::MatchCancelled(cancelled) => matchmaking::match_cancelled(&cancelled),
        Event::MatchFinished(finished) => matchmaking::match_finished(&finished),
        Event::JoinRequested { code } => {
            let mut record = Record::of(RP_EVENT_JOIN_REQUESTED);
            record.event.session_code = record.texts.keep(code.as_str());
            record
        }
        Event::Server(event) => server(&event),
        other => {
            tracing::debug!(?other, "the interface has no words for this event");
            Record::of(RP_EVENT_SERVER)
        }
    }
}

fn server(event: &ServerEvent) -> Record {
    let mut record = Record::of(RP_EVENT_SERVER).message(&event.payload().to_string());
    record.event.name = record.texts.keep(event.name());
    record
}

/// The number of events that nobody polled in time.
pub(crate) fn missed(count: u64) -> Record {
    let mut record = Record::of(RP_EVENT_MISSED);
    record.event.count = i32::try_from(count).unwrap_or(i32::MAX);
    record
}

pub(crate) fn failed(error: &Error) -> Record {
    let mut record = refused(&Failure::from(error));
    record.event.retryable = error.is_retryable().into();
    if let Error::Api(refusal) = error {
        record.event.invite_id = refusal.invite_id.map_or(0, |id| id.0);
        record.event.retry_after = i32::try_from(refusal.retry_after.unwrap_or(0)).unwrap_or(i32::MAX);
    }
    record
}

pub(crate) fn refused(failure: &Failure) -> Record {
    let mut record = Record::default().message(&failure.message);
    record.event.error = failure.code;
    record
}

pub(crate) fn signed_in(user: &User, refresh_token: Option<String>) -> Record {
    let mut record = Record::default().person(user);
    record.event.refresh_token = record.texts.keep_any(refresh_token.as_deref());
    record
}

pub(crate) fn found_user(user: &User) -> Record {
    Record::of(RP_EVENT_USER).person(user)
}

pub(crate) fn presence(presence: &Presence) -> Record {
    let mut record = Record::of(RP_EVENT_PRESENCE);
    let (event, texts) = (&mut record.event, &mut record.texts);
    event.user_id = presence.user_id.0;
    event.online = presence.online.into();
    event.in_game = presence.in_game.into();
    event.username = texts.keep(&presence.username);
    event.user_status = texts.keep_any(presence.status.as_deref());
    record
}

pub(crate) fn session(session: &Session) -> Record {
    Record::default().session(session)
}

pub(crate) fn access(access: &GameAccess) -> Record {
    let mut record = Record::default();
    let (event, texts) = (&mut record.event, &mut record.texts);
    event.game_id = texts.keep(&access.game_id.to_string());
    event.server_ip = texts.keep(&access.server_ip);
    event.server_port = access.server_port.into();
    event.connect_token = texts.keep(&access.connect_token);
    record
}

pub(crate) fn invite_sent(sent: &InviteSent) -> Record {
    let mut record = Record::default().expiry(sent.created_at, sent.expires_at, sent.expires_in);
    let (event, texts) = (&mut record.event, &mut record.texts);
    event.invite_id = sent.invite_id.0;
    event.user_id = sent.receiver_id.0;
    event.kind = RP_INVITE_KIND_SESSION;
    event.status = RP_STATUS_PENDING;
    event.session_code = texts.keep(sent.session_code.as_str());
    event.display_name = texts.keep(&sent.receiver_name);
    record
}

pub(crate) fn sent_invite(sent: &SentInvite) -> Record {
    let mut record = Record::of(RP_EVENT_SENT_INVITE).expiry(sent.created_at, sent.expires_at, sent.expires_in);
    let (event, texts) = (&mut record.event, &mut record.texts);
    event.invite_id = sent.invite_id.0;
    event.user_id = sent.receiver_id.0;
    event.kind = kind_number(sent.kind);
    event.status = status_number(sent.status);
    event.seen = sent.seen_at.is_some().into();
    event.map = texts.keep_any(sent.map.as_deref());
    event.session_code = texts.keep_any(sent.session_code.as_ref().map(|code| code.as_str()));
    event.display_name = texts.keep(&sent.receiver_name);
    record.friendship = sent.friendship_id;
    record
}

pub(crate) fn responded(answer: &InviteResponded) -> Record {
    let mut record = Record::default();
    let (event, texts) = (&mut record.event, &mut record.texts);
    event.invite_id = answer.invite_id.0;
    event.status = status_number(answer.status);
    event.server_port = answer.server_port.unwrap_or(0).into();
    event.session_code = texts.keep_any(answer.session_code.as_ref().map(|code| code.as_str()));
    event.server_ip = texts.keep_any(answer.server_ip.as_deref());
    event.game_id = texts.keep_any(answer.game_id.map(|id| id.to_string()).as_deref());
    event.connect_token = texts.keep_any(answer.connect_token.as_deref());
    record
}

/// A user whose text lives as long as this does.
pub(crate) struct UserView {
    pub user: rp_user,
    _texts: Texts,
}

pub(crate) fn user(user: &User) -> UserView {
    let mut texts = Texts::default();
    UserView { user: person(user, &mut texts), _texts: texts }
}

fn person(user: &User, texts: &mut Texts) -> rp_user {
    rp_user {
        user_id: user.id.0,
        created_at_ms: user.created_at.0,
        online: user.online.into(),
        reserved: 0,
        username: texts.keep(&user.username),
        display_name: texts.keep(&user.display_name),
        tag: texts.keep(&user.tag),
        image_url: texts.keep_any(user.image_url.as_deref()),
    }
}

/// An entry of the invite queue whose text lives as long as this does.
pub(crate) struct InviteView {
    entry: InviteEntry,
    invite: rp_invite,
    _texts: Texts,
}

impl InviteView {
    pub fn new(entry: InviteEntry) -> Self {
        let mut texts = Texts::default();
        let invite = Self::fields(&entry, Instant::now(), &mut texts);
        Self { entry, invite, _texts: texts }
    }

    pub fn friendship(&self) -> Option<FriendshipId> {
        self.entry.invite.friendship_id
    }

    /// The entry with the time that is left at `now`.
    pub fn at(&self, now: Instant) -> rp_invite {
        rp_invite { remaining_ms: remaining_ms(&self.entry, now), ..self.invite }
    }

    fn fields(entry: &InviteEntry, now: Instant, texts: &mut Texts) -> rp_invite {
        let invite = &entry.invite;
        rp_invite {
            invite_id: invite.invite_id.0,
            sender_id: invite.sender_id.0,
            activity_id: invite.activity_id.unwrap_or(0),
            created_at_ms: invite.created_at.0,
            expires_at_ms: invite.expires_at.0,
            remaining_ms: remaining_ms(entry, now),
            kind: kind_number(invite.kind),
            state: state_number(entry.state),
            seen: entry.seen.into(),
            server_port: invite.server_port.unwrap_or(0).into(),
            options: invite.options.as_ref().map_or(NO_OPTIONS, |options: &GameOptions| options_out(options)),
            sender_name: texts.keep(&invite.sender_name),
            session_code: texts.keep_any(invite.session_code.as_ref().map(|code| code.as_str())),
            session_name: texts.keep_any(invite.session_name.as_deref()),
            server_ip: texts.keep_any(invite.server_ip.as_deref()),
            map: texts.keep_any(invite.map.as_deref()),
            message: texts.keep_any(invite.message.as_deref()),
        }
    }
}

fn remaining_ms(entry: &InviteEntry, now: Instant) -> i64 {
    i64::try_from(entry.remaining(now).as_millis()).unwrap_or(i64::MAX)
}
