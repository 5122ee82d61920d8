//! The numbers that stand for kinds, states and reasons.

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
/// Something happened to an invite that one has sent: `progress`, and `user_id` of the receiver if it is known. Once
/// accepted, `session_code` says where both are; rp_session_access lets one in.
pub const RP_EVENT_SENT_INVITE_CHANGED: i32 = 13;
/// A row of rp_invites_sent: `kind`, `status`, `seen`, the receiver as `user_id` and `display_name`, and the
/// `session_code` or the `map`.
pub const RP_EVENT_SENT_INVITE: i32 = 14;
/// A row of rp_invite_trace: `state` is an RP_STEP_*, `created_at_ms` when it was, `message` the ways by which it was
/// delivered, separated by commas, such as `socketio,rest`.
pub const RP_EVENT_TRACE_STEP: i32 = 15;
/// A session that one is in has changed. See rp_event_player for who is in it.
pub const RP_EVENT_SESSION: i32 = 20;
/// A person has come, gone or changed: a friend's presence, or a row of rp_presence.
pub const RP_EVENT_PRESENCE: i32 = 21;
/// A row of rp_find_users or rp_users_blocked.
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
/// The friends or the requests are others than before, or somebody came or went. See rp_friends_count.
pub const RP_EVENT_FRIENDS_CHANGED: i32 = 50;
/// Somebody asks for one's friendship. Once per request, however it became known. See rp_event_friend.
pub const RP_EVENT_FRIEND_REQUESTED: i32 = 51;
/// There is a new friend, whoever of the two has accepted. See rp_event_friend.
pub const RP_EVENT_FRIEND_ACCEPTED: i32 = 52;
/// A friendship or a request has ended, whoever ended it. See rp_event_friend for what was last known of it.
pub const RP_EVENT_FRIEND_REMOVED: i32 = 53;
/// A row of rp_friends_list or rp_friend_requests. See rp_event_friend.
pub const RP_EVENT_FRIEND: i32 = 54;
/// A row of rp_friend_suggestions: a person, and `count` friends in common.
pub const RP_EVENT_SUGGESTION: i32 = 55;
/// A row of rp_maps: `map`.
pub const RP_EVENT_MAP: i32 = 56;
/// Anything else that the server says: `name` is the event on the wire, `message` its JSON.
pub const RP_EVENT_SERVER: i32 = 90;
/// `count` events were lost, because nobody polled for too long. Read the invites, the friends, the place in
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
pub const RP_OPERATION_INVITE_TRACE: i32 = 35;
pub const RP_OPERATION_MATCHMAKING_JOIN: i32 = 40;
pub const RP_OPERATION_MATCHMAKING_STATUS: i32 = 41;
pub const RP_OPERATION_MATCHMAKING_LEAVE: i32 = 42;
pub const RP_OPERATION_FRIENDS_LIST: i32 = 50;
pub const RP_OPERATION_FRIEND_REQUESTS: i32 = 51;
pub const RP_OPERATION_FRIEND_SUGGESTIONS: i32 = 52;
/// Of rp_friend_request and rp_friend_request_user.
pub const RP_OPERATION_FRIEND_REQUEST: i32 = 53;
pub const RP_OPERATION_FRIEND_ACCEPT: i32 = 54;
pub const RP_OPERATION_FRIEND_DECLINE: i32 = 55;
pub const RP_OPERATION_FRIEND_REMOVE: i32 = 56;
pub const RP_OPERATION_USER_BLOCK: i32 = 57;
pub const RP_OPERATION_USER_UNBLOCK: i32 = 58;
pub const RP_OPERATION_USERS_BLOCKED: i32 = 59;
pub const RP_OPERATION_MAPS: i32 = 60;
pub const RP_OPERATION_CHALLENGE: i32 = 61;

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

// A step in an invite's life.

/// A step that this version does not know.
pub const RP_STEP_UNKNOWN: i32 = 0;
pub const RP_STEP_CREATED: i32 = 1;
/// Handed to a connection of the receiver's.
pub const RP_STEP_DELIVERED: i32 = 2;
/// The receiver's popup was shown.
pub const RP_STEP_SEEN: i32 = 3;
pub const RP_STEP_ACCEPTED: i32 = 4;
pub const RP_STEP_DECLINED: i32 = 5;
pub const RP_STEP_CANCELLED: i32 = 6;
pub const RP_STEP_EXPIRED: i32 = 7;

// The status of an invite on the server; of a friendship, pending or accepted.

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
pub const RP_STRUCT_FRIEND: i32 = 12;
