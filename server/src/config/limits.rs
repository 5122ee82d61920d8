//! Every rate, size and count that is limited, with its default.

use serde::Deserialize;

/// A token bucket: `burst` at once, then `per_second`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    pub per_second: f64,
    pub burst: u32,
}

impl Rate {
    const fn new(per_second: f64, burst: u32) -> Self {
        Self { per_second, burst }
    }

    /// Whether a bucket can work by it.
    pub fn is_sound(self) -> bool {
        self.burst > 0 && (1e-6..=1e6).contains(&self.per_second)
    }
}

/// The `[limits]` table of the configuration file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// False with `--limits off`: rates are not limited. Sizes and counts always are.
    #[serde(skip)]
    pub rates_enabled: bool,
    /// Requests of any kind, per address.
    pub addresses: Rate,
    /// Sign-in calls, per address.
    pub sign_in: Rate,
    /// REST calls, per user.
    pub rest: Rate,
    /// Socket frames, per user.
    pub frames: Rate,
    /// Invites, per user.
    pub invites: Rate,
    /// Requests to be friends, per user.
    pub friend_requests: Rate,
    /// Refusals within 10 seconds after which a socket is closed.
    pub refusals_before_close: u32,
    pub sockets_per_user: usize,
    pub access_token_seconds: u64,
    pub refresh_token_seconds: u64,
    /// How long a session invite can be answered.
    pub session_invite_seconds: u64,
    /// Pending session invites of one sender.
    pub pending_session_invites: u32,
    /// How long a challenge on a map can be answered.
    pub map_invite_seconds: u64,
    /// Pending challenges of one sender.
    pub pending_map_invites: u32,
    /// Declines in a row after which a sender has to leave the receiver alone for a while, longer each time.
    pub declines_before_cool_down: u32,
    /// How long it has to at first; twice as long with each decline more.
    pub cool_down_seconds: u64,
    pub longest_cool_down_seconds: u64,
    /// Requests of one user to be friends that wait for an answer.
    pub pending_friend_requests: u32,
    /// A connected user who does nothing for as long counts as offline; 0 for never.
    pub idle_seconds: u64,
    /// How long a poll of one's invites counts as being online.
    pub polling_lease_seconds: u64,
    pub open_sessions_per_host: u32,
    /// Sessions are closed when no member has been online for as long.
    pub abandoned_session_seconds: u64,
    /// How long both players of a match may take to connect to it.
    pub match_connect_seconds: u64,
    /// Places in the queue are forgotten when their player has been away for as long; half as long, and nobody is
    /// matched with them.
    pub absent_ticket_seconds: u64,
    /// How far apart ratings may be at first, in points.
    pub rating_window: u32,
    /// How many points more with each second of waiting.
    pub rating_window_per_second: u32,
    /// Seconds of waiting after which any rating will do.
    pub rating_window_open_seconds: u64,
    /// Answered invites, closed sessions and used-up logins are forgotten after as many days.
    pub history_days: u64,
    /// Passwords hashed at the same time; each takes 19 MiB and a core.
    pub concurrent_password_hashes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rates_enabled: true,
            addresses: Rate::new(500.0, 2_000),
            sign_in: Rate::new(10.0 / 60.0, 20),
            rest: Rate::new(50.0, 100),
            frames: Rate::new(50.0, 100),
            invites: Rate::new(1.0, 10),
            friend_requests: Rate::new(1.0, 10),
            refusals_before_close: 10,
            sockets_per_user: 10,
            access_token_seconds: 2 * 60 * 60,
            refresh_token_seconds: 7 * 24 * 60 * 60,
            session_invite_seconds: 120,
            pending_session_invites: 32,
            map_invite_seconds: 300,
            pending_map_invites: 5,
            declines_before_cool_down: 3,
            cool_down_seconds: 30,
            longest_cool_down_seconds: 60 * 60,
            pending_friend_requests: 100,
            idle_seconds: 30 * 60,
            polling_lease_seconds: 30,
            open_sessions_per_host: 16,
            abandoned_session_seconds: 10 * 60,
            match_connect_seconds: 15,
            absent_ticket_seconds: 120,
            rating_window: 150,
            rating_window_per_second: 25,
            rating_window_open_seconds: 30,
            history_days: 30,
            concurrent_password_hashes: 2,
        }
    }
}

impl Limits {
    /// Every rate with its name in the configuration file.
    pub fn rates(&self) -> [(&'static str, Rate); 6] {
        [
            ("addresses", self.addresses),
            ("sign_in", self.sign_in),
            ("rest", self.rest),
            ("frames", self.frames),
            ("invites", self.invites),
            ("friend_requests", self.friend_requests),
        ]
    }
}
