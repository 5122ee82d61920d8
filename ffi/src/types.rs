//! What crosses the boundary: plain structures of fixed layout.

use std::ffi::c_char;

/// A number for something that the library holds. 0 is never one.
pub type rp_handle = u64;

/// UTF-8 text and its length in bytes. Not NUL-terminated. Absent or empty: null and 0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_str {
    pub ptr: *const c_char,
    pub len: usize,
}

// The kinds of event.

/// A request is done. `operation` says which it was, `error` how it went, and the fields hold the answer.
pub const RP_EVENT_COMPLETED: i32 = 1;
/// `link` has changed; `error` and `message` say why, if something failed.
pub const RP_EVENT_LINK: i32 = 2;
/// The sign-in has ended by itself: `error` and `message` say why. Sign in again.
pub const RP_EVENT_SIGNED_OUT: i32 = 3;
/// An invite has come in. Show it, and call rp_invite_shown.
pub const RP_EVENT_INVITE_ADDED: i32 = 10;
/// An invite's `state` or its time has changed.
pub const RP_EVENT_INVITE_CHANGED: i32 = 11;
/// An invite is gone; `reason` says why.
pub const RP_EVENT_INVITE_REMOVED: i32 = 12;
/// Something happened to an invite that one has sent: `progress`, and `user_id` of the receiver if it is known.
pub const RP_EVENT_SENT_INVITE_CHANGED: i32 = 13;
/// A row of rp_invites_sent: `status`, `seen`, and the receiver as `user_id` and `display_name`.
pub const RP_EVENT_SENT_INVITE: i32 = 14;
/// A session that one is in has changed. See rp_event_player for who is in it.
pub const RP_EVENT_SESSION: i32 = 20;
/// A person has come, gone or changed: a friend's presence, or a row of rp_presence.
pub const RP_EVENT_PRESENCE: i32 = 21;
/// A row of rp_find_users.
pub const RP_EVENT_USER: i32 = 22;
/// A link was opened: join `session_code`.
pub const RP_EVENT_JOIN_REQUESTED: i32 = 30;
/// Matchmaking has found an opponent (`user_id`, `display_name`): connect to `game_id` as `side` before
/// `expires_at_ms`. Once per game, also when a sign-in finds one's match still there. See rp_event_queue.
pub const RP_EVENT_MATCH_FOUND: i32 = 40;
/// The match of `game_id` will not be played: `reason` is an RP_CANCEL_*, `message` says it in words. See
/// rp_event_match_end.
pub const RP_EVENT_MATCH_CANCELLED: i32 = 41;
/// One stands somewhere else in matchmaking, or a match has a fresh connect token. See rp_event_queue.
pub const RP_EVENT_QUEUE_CHANGED: i32 = 42;
/// The match of `game_id` has been played: `reason` is an RP_FINISH_*. See rp_event_match_end.
pub const RP_EVENT_MATCH_FINISHED: i32 = 43;
/// Anything else that the server says: `name` is the event on the wire, `message` its JSON.
pub const RP_EVENT_SERVER: i32 = 90;
/// `count` events were lost, because nobody polled for too long. Read the invites, the place in
/// matchmaking and the session afresh.
pub const RP_EVENT_MISSED: i32 = 91;

// The requests, as `operation` names them.

pub const RP_OPERATION_REGISTER: i32 = 1;
pub const RP_OPERATION_LOGIN: i32 = 2;
pub const RP_OPERATION_GUEST: i32 = 3;
pub const RP_OPERATION_RESUME: i32 = 4;
pub const RP_OPERATION_LOGOUT: i32 = 5;
pub const RP_OPERATION_FIND_USERS: i32 = 10;
pub const RP_OPERATION_PRESENCE: i32 = 11;
pub const RP_OPERATION_SET_STATUS: i32 = 12;
pub const RP_OPERATION_SESSION_CREATE: i32 = 20;
pub const RP_OPERATION_SESSION_GET: i32 = 21;
pub const RP_OPERATION_SESSION_JOIN: i32 = 22;
pub const RP_OPERATION_SESSION_LEAVE: i32 = 23;
pub const RP_OPERATION_SESSION_CLOSE: i32 = 24;
pub const RP_OPERATION_SESSION_ACCESS: i32 = 25;
pub const RP_OPERATION_INVITE_SEND: i32 = 30;
pub const RP_OPERATION_INVITE_ACCEPT: i32 = 31;
pub const RP_OPERATION_INVITE_DECLINE: i32 = 32;
pub const RP_OPERATION_INVITE_CANCEL: i32 = 33;
pub const RP_OPERATION_INVITES_SENT: i32 = 34;
pub const RP_OPERATION_MATCHMAKING_JOIN: i32 = 40;
pub const RP_OPERATION_MATCHMAKING_STATUS: i32 = 41;
pub const RP_OPERATION_MATCHMAKING_LEAVE: i32 = 42;

// The state of the connection.

/// Nobody is signed in.
pub const RP_LINK_SIGNED_OUT: i32 = 0;
/// On the way.
pub const RP_LINK_CONNECTING: i32 = 1;
/// Events arrive at once.
pub const RP_LINK_LIVE: i32 = 2;
/// Without a socket: invites are asked for every few seconds, everything works.
pub const RP_LINK_FALLBACK: i32 = 3;
/// The server cannot be reached. The library keeps trying.
pub const RP_LINK_OFFLINE: i32 = 4;

// What an invite is about.

/// A kind that this version does not know.
pub const RP_INVITE_KIND_UNKNOWN: i32 = 0;
/// A seat in a session.
pub const RP_INVITE_KIND_SESSION: i32 = 1;
/// A friend's challenge on a map.
pub const RP_INVITE_KIND_MAP: i32 = 2;
/// A Pong match with options.
pub const RP_INVITE_KIND_PONG: i32 = 3;
/// A planned activity.
pub const RP_INVITE_KIND_ACTIVITY: i32 = 4;

// What an entry of the invite queue is doing.

/// Waits for an answer.
pub const RP_INVITE_STATE_RINGING: i32 = 0;
/// An accept is on its way.
pub const RP_INVITE_STATE_ACCEPTING: i32 = 1;
/// A decline is on its way.
pub const RP_INVITE_STATE_DECLINING: i32 = 2;

// Why an entry left the invite queue.

/// A reason that this version does not know.
pub const RP_REMOVED_UNKNOWN: i32 = 0;
/// Accepted here.
pub const RP_REMOVED_ACCEPTED: i32 = 1;
/// Declined here.
pub const RP_REMOVED_DECLINED: i32 = 2;
/// The sender took it back.
pub const RP_REMOVED_CANCELLED: i32 = 3;
/// Nobody answered in time.
pub const RP_REMOVED_EXPIRED: i32 = 4;
/// Its session has closed.
pub const RP_REMOVED_SESSION_CLOSED: i32 = 5;
/// Answered on another device; `status` says how.
pub const RP_REMOVED_ANSWERED_ELSEWHERE: i32 = 6;
/// Nobody is signed in any more.
pub const RP_REMOVED_SIGNED_OUT: i32 = 7;
/// It ended while this device could not hear how.
pub const RP_REMOVED_NO_LONGER_PENDING: i32 = 8;

// How far an invite that one has sent has come.

/// A step that this version does not know.
pub const RP_PROGRESS_UNKNOWN: i32 = 0;
/// The receiver's popup was shown.
pub const RP_PROGRESS_SEEN: i32 = 1;
pub const RP_PROGRESS_ACCEPTED: i32 = 2;
pub const RP_PROGRESS_DECLINED: i32 = 3;
pub const RP_PROGRESS_CANCELLED: i32 = 4;
pub const RP_PROGRESS_EXPIRED: i32 = 5;

// An invite's status on the server.

/// Does not apply.
pub const RP_STATUS_NONE: i32 = 0;
pub const RP_STATUS_PENDING: i32 = 1;
pub const RP_STATUS_ACCEPTED: i32 = 2;
pub const RP_STATUS_DECLINED: i32 = 3;
pub const RP_STATUS_CANCELLED: i32 = 4;
pub const RP_STATUS_EXPIRED: i32 = 5;

// Choices that may be left open.

/// The server decides.
pub const RP_UNSET: i32 = 0;
pub const RP_NO: i32 = 1;
pub const RP_YES: i32 = 2;

/// The server decides.
pub const RP_SPEED_UNSET: i32 = 0;
pub const RP_SPEED_SLOW: i32 = 1;
pub const RP_SPEED_MEDIUM: i32 = 2;
pub const RP_SPEED_FAST: i32 = 3;

pub const RP_SIDE_NONE: i32 = 0;
pub const RP_SIDE_LEFT: i32 = 1;
pub const RP_SIDE_RIGHT: i32 = 2;

// Where one stands in matchmaking.

/// Neither waiting nor in a match.
pub const RP_QUEUE_IDLE: i32 = 0;
/// Waiting for an opponent.
pub const RP_QUEUE_QUEUED: i32 = 1;
/// In a match that waits to be connected to, or is being played.
pub const RP_QUEUE_MATCHED: i32 = 2;

// Why a match did not come about.

/// A reason that this version does not know.
pub const RP_CANCEL_UNKNOWN: i32 = 0;
/// The other player did not connect in time.
pub const RP_CANCEL_OPPONENT_MISSING: i32 = 1;
/// One did not connect in time oneself.
pub const RP_CANCEL_NOT_CONNECTED: i32 = 2;
/// The other player left before the match began.
pub const RP_CANCEL_OPPONENT_LEFT: i32 = 3;
/// The game server was started anew.
pub const RP_CANCEL_SERVER_RESTARTED: i32 = 4;

// How a match ended.

/// A way that this version does not know.
pub const RP_FINISH_UNKNOWN: i32 = 0;
/// Somebody has all the points that it takes.
pub const RP_FINISH_SCORE: i32 = 1;
/// The time was up.
pub const RP_FINISH_TIME: i32 = 2;
/// Somebody left, or did not come back.
pub const RP_FINISH_FORFEIT: i32 = 3;

// What this process is on its machine.

/// The first copy of the game: it owns the links.
pub const RP_HANDOFF_FIRST: i32 = 1;
/// Another copy runs and has taken the link, if there was one. This one should end.
pub const RP_HANDOFF_SECOND: i32 = 2;

pub const RP_LOG_OFF: i32 = 0;
pub const RP_LOG_ERROR: i32 = 1;
pub const RP_LOG_WARN: i32 = 2;
pub const RP_LOG_INFO: i32 = 3;
pub const RP_LOG_DEBUG: i32 = 4;
pub const RP_LOG_TRACE: i32 = 5;

// What rp_struct_size can be asked for.

pub const RP_STRUCT_STR: i32 = 1;
pub const RP_STRUCT_EVENT: i32 = 2;
pub const RP_STRUCT_INVITE: i32 = 3;
pub const RP_STRUCT_USER: i32 = 4;
pub const RP_STRUCT_PLAYER: i32 = 5;
pub const RP_STRUCT_GAME_OPTIONS: i32 = 6;
pub const RP_STRUCT_SESSION_SETTINGS: i32 = 7;
pub const RP_STRUCT_CLIENT_OPTIONS: i32 = 8;
pub const RP_STRUCT_REGISTRATION: i32 = 9;
pub const RP_STRUCT_QUEUE: i32 = 10;
pub const RP_STRUCT_MATCH_END: i32 = 11;

/// How a game is to be played. All zero: as the server likes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_game_options {
    /// RP_SPEED_*
    pub game_speed: i32,
    /// RP_UNSET, RP_NO or RP_YES
    pub ranked: i32,
    /// RP_UNSET, RP_NO or RP_YES
    pub cool_mode: i32,
    /// 3 to 20 points; 0 unset.
    pub score_to_win: i32,
    /// 1 to 5 minutes; 0 no limit.
    pub time_limit: i32,
    pub reserved: i32,
}

/// How a client behaves. All zero, or a null pointer: the defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_client_options {
    /// Milliseconds until a request is given up; 0: 10,000.
    pub request_timeout_ms: u32,
    /// Shortest and longest pause between two polls while there is no socket; 0: 5,000 and 10,000.
    pub poll_min_ms: u32,
    pub poll_max_ms: u32,
    /// Shortest and longest pause between two attempts to connect; 0: 1,000 and 30,000.
    pub backoff_min_ms: u32,
    pub backoff_max_ms: u32,
    pub reserved: u32,
}

/// A new account.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_registration {
    /// 3 to 32 of A-Z a-z 0-9 _ . -, unique without regard to case.
    pub username: rp_str,
    /// 8 to 128 characters.
    pub password: rp_str,
    /// May be absent, as may what follows.
    pub display_name: rp_str,
    pub email: rp_str,
    pub image_url: rp_str,
}

/// A session to be made. All zero, or a null pointer: two seats on the server's own game server.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_session_settings {
    /// At most 64 characters.
    pub name: rp_str,
    /// Where one's own game server is; absent for the bundled one.
    pub server_ip: rp_str,
    pub server_port: i32,
    /// 2 to 64; 0: 2.
    pub max_players: i32,
    /// 1: everybody with the code may join, not just the invited.
    pub open: i32,
    pub reserved: i32,
    pub options: rp_game_options,
}

/// A person, as everybody may see them.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_user {
    pub user_id: i64,
    pub created_at_ms: i64,
    pub online: i32,
    pub reserved: i32,
    pub username: rp_str,
    pub display_name: rp_str,
    /// Four digits; unique together with the display name.
    pub tag: rp_str,
    pub image_url: rp_str,
}

/// Somebody in a session.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_player {
    pub user_id: i64,
    /// `display_name#tag`
    pub name: rp_str,
}

/// An entry of the invite queue.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_invite {
    pub invite_id: i64,
    pub sender_id: i64,
    /// Of the kind activity; else 0.
    pub activity_id: i64,
    pub created_at_ms: i64,
    pub expires_at_ms: i64,
    /// Until it expires, as of this call. Never negative.
    pub remaining_ms: i64,
    /// RP_INVITE_KIND_*
    pub kind: i32,
    /// RP_INVITE_STATE_*
    pub state: i32,
    /// 1 once rp_invite_shown was called for it.
    pub seen: i32,
    pub server_port: i32,
    pub options: rp_game_options,
    /// `display_name#tag`
    pub sender_name: rp_str,
    pub session_code: rp_str,
    pub session_name: rp_str,
    pub server_ip: rp_str,
    pub map: rp_str,
    pub message: rp_str,
}

/// Where one stands in matchmaking. What does not belong to its `state` is zero and absent.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_queue {
    /// RP_QUEUE_*
    pub state: i32,
    /// 1 for whoever has waited longest.
    pub position: i32,
    /// How many wait, oneself included.
    pub queue_size: i32,
    /// One's own rating; 0 if the server did not say.
    pub rating: i32,
    /// How far the opponent's rating may be from one's own just now; -1 when it may be any.
    pub window: i32,
    /// Of the match: RP_SIDE_*
    pub side: i32,
    /// UDP port of the game server.
    pub server_port: i32,
    pub reserved: i32,
    pub ticket_id: i64,
    pub waited_ms: i64,
    /// How long players have waited lately; -1 if the server does not know.
    pub estimate_ms: i64,
    /// Until when to connect; 0 once both have.
    pub connect_by_ms: i64,
    /// What is played: both players' wishes in one.
    pub options: rp_game_options,
    pub opponent: rp_user,
    /// A UUID.
    pub game_id: rp_str,
    pub server_ip: rp_str,
    /// A netcode connect token in base64. Works once, within 30 seconds; rp_matchmaking_status brings another.
    pub connect_token: rp_str,
    /// The path of the same game over a WebSocket, to which `?token=` and the access token are added; absent where
    /// the server has none.
    pub ws_url: rp_str,
}

/// How a match ended, or why it did not begin.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_match_end {
    /// 0 after a draw, and where nothing was played.
    pub winner_id: i64,
    /// RP_FINISH_* if it was played, else RP_CANCEL_*.
    pub reason: i32,
    /// 1 if one is back at the front of the queue, with the waiting time kept.
    pub requeued: i32,
    /// The left player's points.
    pub score_left: i32,
    /// The right player's points.
    pub score_right: i32,
    /// 1 if the match changed one's rating.
    pub rated: i32,
    pub rating_before: i32,
    pub rating_after: i32,
    pub reserved: i32,
    /// A UUID.
    pub game_id: rp_str,
}

/// What has happened. Fields that do not belong to its event_type are zero and absent.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_event {
    /// RP_EVENT_*
    pub event_type: i32,
    /// RP_OK, RP_ERR_* or RP_CODE_*
    pub error: i32,
    /// The request that this belongs to; else 0.
    pub request: u64,
    pub invite_id: i64,
    /// The person concerned: signed in, found, present; an invite's sender, or its receiver if one sent it
    /// oneself; the opponent of a match.
    pub user_id: i64,
    /// Of a session.
    pub host_id: i64,
    /// Of an invite to an activity.
    pub activity_id: i64,
    pub created_at_ms: i64,
    /// Of an invite; of a match, until when to connect.
    pub expires_at_ms: i64,
    /// Until the invite expires, as of this poll.
    pub remaining_ms: i64,
    /// RP_OPERATION_*
    pub operation: i32,
    /// RP_INVITE_KIND_*
    pub kind: i32,
    /// RP_INVITE_STATE_*
    pub state: i32,
    /// RP_STATUS_*
    pub status: i32,
    /// RP_REMOVED_* of an invite, RP_CANCEL_* or RP_FINISH_* of a match.
    pub reason: i32,
    /// RP_PROGRESS_*
    pub progress: i32,
    /// RP_LINK_*
    pub link: i32,
    /// 1 if the receiver's popup was shown.
    pub seen: i32,
    pub online: i32,
    pub in_game: i32,
    pub server_port: i32,
    pub max_players: i32,
    /// How many players rp_event_player can be asked for.
    pub player_count: i32,
    /// Whether everybody with the code may join.
    pub open: i32,
    /// 0 once a session has closed.
    pub active: i32,
    /// RP_SIDE_*
    pub side: i32,
    /// Rows before an RP_EVENT_COMPLETED, or events missed.
    pub count: i32,
    /// Seconds to wait before the next try, if the server said so.
    pub retry_after: i32,
    /// 1 if the same request can succeed later.
    pub retryable: i32,
    /// 1 if leaving matchmaking gave up a match that had begun.
    pub forfeited: i32,
    /// Of a session, of an invite to a game, or of a match.
    pub options: rp_game_options,
    pub session_code: rp_str,
    pub session_name: rp_str,
    pub server_ip: rp_str,
    /// A UUID.
    pub game_id: rp_str,
    /// A netcode connect token in base64. Works once, within 30 seconds.
    pub connect_token: rp_str,
    /// `display_name#tag` of an invite's sender.
    pub sender_name: rp_str,
    pub username: rp_str,
    /// Of a person; `display_name#tag` for the receiver of an invite.
    pub display_name: rp_str,
    pub tag: rp_str,
    pub image_url: rp_str,
    /// What a person says of themselves.
    pub user_status: rp_str,
    /// After a sign-in: keep it somewhere safe for rp_resume. It works once; see rp_client_refresh_token.
    pub refresh_token: rp_str,
    pub map: rp_str,
    /// For people: what went wrong and what to do, or what the sender wrote.
    pub message: rp_str,
    /// Of an RP_EVENT_SERVER.
    pub name: rp_str,
}
