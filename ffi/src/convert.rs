//! The SDK's words as numbers, and the caller's settings as the SDK's.

use std::time::Duration;

use rallypoint::{
    InviteState, LinkState, RemovalReason, SentProgress,
    protocol::{
        invite::{InviteAnswer, InviteKind, InviteStatus, InviteStep},
        matchmaking::{CancelReason, FinishReason, Side},
        session::{CreateSession, GameOptions, GameSpeed},
        social::FriendshipStatus,
    },
};

use crate::{status::Failure, strings::read, types::*};

pub(crate) fn link_number(link: LinkState) -> i32 {
    match link {
        LinkState::SignedOut => RP_LINK_SIGNED_OUT,
        LinkState::Connecting => RP_LINK_CONNECTING,
        LinkState::Live => RP_LINK_LIVE,
        LinkState::Fallback => RP_LINK_FALLBACK,
        LinkState::Offline => RP_LINK_OFFLINE,
    }
}

pub(crate) fn kind_number(kind: InviteKind) -> i32 {
    match kind {
        InviteKind::Session => RP_INVITE_KIND_SESSION,
        InviteKind::Map => RP_INVITE_KIND_MAP,
        InviteKind::Pong => RP_INVITE_KIND_PONG,
        InviteKind::Activity => RP_INVITE_KIND_ACTIVITY,
        _ => RP_INVITE_KIND_UNKNOWN,
    }
}

pub(crate) fn state_number(state: InviteState) -> i32 {
    match state {
        InviteState::Ringing => RP_INVITE_STATE_RINGING,
        InviteState::Acting(InviteAnswer::Accept) => RP_INVITE_STATE_ACCEPTING,
        InviteState::Acting(InviteAnswer::Decline) => RP_INVITE_STATE_DECLINING,
    }
}

pub(crate) fn status_number(status: InviteStatus) -> i32 {
    match status {
        InviteStatus::Pending => RP_STATUS_PENDING,
        InviteStatus::Accepted => RP_STATUS_ACCEPTED,
        InviteStatus::Declined => RP_STATUS_DECLINED,
        InviteStatus::Cancelled => RP_STATUS_CANCELLED,
        InviteStatus::Expired => RP_STATUS_EXPIRED,
    }
}

pub(crate) fn friendship_number(status: FriendshipStatus) -> i32 {
    match status {
        FriendshipStatus::Pending => RP_STATUS_PENDING,
        FriendshipStatus::Accepted => RP_STATUS_ACCEPTED,
    }
}

pub(crate) fn step_number(step: InviteStep) -> i32 {
    match step {
        InviteStep::Created => RP_STEP_CREATED,
        InviteStep::Delivered => RP_STEP_DELIVERED,
        InviteStep::Seen => RP_STEP_SEEN,
        InviteStep::Accepted => RP_STEP_ACCEPTED,
        InviteStep::Declined => RP_STEP_DECLINED,
        InviteStep::Cancelled => RP_STEP_CANCELLED,
        InviteStep::Expired => RP_STEP_EXPIRED,
        _ => RP_STEP_UNKNOWN,
    }
}

/// The reason, and the status that an answer from elsewhere led to.
pub(crate) fn reason_numbers(reason: RemovalReason) -> (i32, i32) {
    match reason {
        RemovalReason::Accepted => (RP_REMOVED_ACCEPTED, RP_STATUS_ACCEPTED),
        RemovalReason::Declined => (RP_REMOVED_DECLINED, RP_STATUS_DECLINED),
        RemovalReason::Cancelled => (RP_REMOVED_CANCELLED, RP_STATUS_CANCELLED),
        RemovalReason::Expired => (RP_REMOVED_EXPIRED, RP_STATUS_EXPIRED),
        RemovalReason::SessionClosed => (RP_REMOVED_SESSION_CLOSED, RP_STATUS_CANCELLED),
        RemovalReason::AnsweredElsewhere(status) => (RP_REMOVED_ANSWERED_ELSEWHERE, status_number(status)),
        RemovalReason::NoLongerPending => (RP_REMOVED_NO_LONGER_PENDING, RP_STATUS_NONE),
        RemovalReason::SignedOut => (RP_REMOVED_SIGNED_OUT, RP_STATUS_NONE),
        _ => (RP_REMOVED_UNKNOWN, RP_STATUS_NONE),
    }
}

pub(crate) fn progress_number(progress: SentProgress) -> i32 {
    match progress {
        SentProgress::Seen => RP_PROGRESS_SEEN,
        SentProgress::Accepted => RP_PROGRESS_ACCEPTED,
        SentProgress::Declined => RP_PROGRESS_DECLINED,
        SentProgress::Cancelled => RP_PROGRESS_CANCELLED,
        SentProgress::Expired => RP_PROGRESS_EXPIRED,
    }
}

pub(crate) fn side_number(side: Side) -> i32 {
    match side {
        Side::Left => RP_SIDE_LEFT,
        Side::Right => RP_SIDE_RIGHT,
    }
}

pub(crate) fn cancel_number(reason: CancelReason) -> i32 {
    match reason {
        CancelReason::OpponentMissing => RP_CANCEL_OPPONENT_MISSING,
        CancelReason::NotConnected => RP_CANCEL_NOT_CONNECTED,
        CancelReason::OpponentLeft => RP_CANCEL_OPPONENT_LEFT,
        CancelReason::ServerRestarted => RP_CANCEL_SERVER_RESTARTED,
    }
}

/// For people.
pub(crate) fn cancel_words(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::OpponentMissing => "The opponent did not connect in time.",
        CancelReason::NotConnected => "You did not connect in time.",
        CancelReason::OpponentLeft => "The opponent left before the match began.",
        CancelReason::ServerRestarted => "The game server was started anew.",
    }
}

pub(crate) fn finish_number(reason: FinishReason) -> i32 {
    match reason {
        FinishReason::Score => RP_FINISH_SCORE,
        FinishReason::Time => RP_FINISH_TIME,
        FinishReason::Forfeit => RP_FINISH_FORFEIT,
    }
}

pub(crate) fn options_out(options: &GameOptions) -> rp_game_options {
    let choice = |chosen: Option<bool>| chosen.map_or(RP_UNSET, |yes| if yes { RP_YES } else { RP_NO });
    rp_game_options {
        game_speed: match options.game_speed {
            None => RP_SPEED_UNSET,
            Some(GameSpeed::Slow) => RP_SPEED_SLOW,
            Some(GameSpeed::Medium) => RP_SPEED_MEDIUM,
            Some(GameSpeed::Fast) => RP_SPEED_FAST,
        },
        ranked: choice(options.ranked),
        cool_mode: choice(options.cool_mode),
        score_to_win: options.score_to_win.unwrap_or(0).into(),
        time_limit: options.time_limit.unwrap_or(0).into(),
        reserved: 0,
    }
}

/// # Safety
/// The texts of `settings` are readable.
pub(crate) unsafe fn create_session(settings: &rp_session_settings) -> Result<CreateSession, Failure> {
    let text = |text: rp_str, what| unsafe { read(text.ptr, text.len, what) }.map(|text| text.map(str::to_owned));
    Ok(CreateSession {
        name: text(settings.name, "name")?,
        max_players: unless_zero(settings.max_players, "max_players")?,
        server_ip: text(settings.server_ip, "server_ip")?,
        server_port: unless_zero(settings.server_port, "server_port")?,
        open: settings.open != 0,
        options: options_in(&settings.options)?,
    })
}

/// `None` where everything is left open.
pub(crate) fn options_in(given: &rp_game_options) -> Result<Option<GameOptions>, Failure> {
    let options = GameOptions {
        game_speed: match given.game_speed {
            RP_SPEED_UNSET => None,
            RP_SPEED_SLOW => Some(GameSpeed::Slow),
            RP_SPEED_MEDIUM => Some(GameSpeed::Medium),
            RP_SPEED_FAST => Some(GameSpeed::Fast),
            _ => return Err(Failure::argument("game_speed is none of RP_SPEED_*")),
        },
        ranked: choice(given.ranked, "ranked")?,
        cool_mode: choice(given.cool_mode, "cool_mode")?,
        score_to_win: unless_zero(given.score_to_win, "score_to_win")?,
        time_limit: unless_zero(given.time_limit, "time_limit")?,
    };
    match options.out_of_range() {
        Some(name) => Err(Failure::argument(format!("{name} is out of its range"))),
        None => Ok((options != GameOptions::default()).then_some(options)),
    }
}

fn choice(given: i32, what: &str) -> Result<Option<bool>, Failure> {
    match given {
        RP_UNSET => Ok(None),
        RP_NO => Ok(Some(false)),
        RP_YES => Ok(Some(true)),
        _ => Err(Failure::argument(format!("{what} is none of RP_UNSET, RP_NO, RP_YES"))),
    }
}

fn unless_zero<T: TryFrom<i32>>(given: i32, what: &str) -> Result<Option<T>, Failure> {
    if given == 0 {
        return Ok(None);
    }
    T::try_from(given).map(Some).map_err(|_| Failure::argument(format!("{what} is out of its range")))
}

pub(crate) fn non_zero_ms(milliseconds: u32) -> Option<Duration> {
    (milliseconds > 0).then(|| Duration::from_millis(milliseconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::RP_ERR_ARGUMENT;

    const OPTIONS: rp_game_options = rp_game_options {
        game_speed: RP_SPEED_FAST,
        ranked: RP_NO,
        cool_mode: RP_UNSET,
        score_to_win: 7,
        time_limit: 0,
        reserved: 0,
    };

    fn settings() -> rp_session_settings {
        rp_session_settings {
            name: rp_str::of("Friday"),
            server_ip: rp_str::ABSENT,
            server_port: 0,
            max_players: 4,
            open: 1,
            reserved: 0,
            options: OPTIONS,
        }
    }

    #[test]
    fn settings_come_in_whole_and_go_out_again() {
        let create = unsafe { create_session(&settings()) }.unwrap();
        assert_eq!((create.name.as_deref(), create.max_players, create.open), (Some("Friday"), Some(4), true));
        assert_eq!((create.server_ip, create.server_port), (None, None));
        let out = options_out(&create.options.unwrap());
        assert_eq!((out.game_speed, out.ranked, out.cool_mode), (RP_SPEED_FAST, RP_NO, RP_UNSET));
        assert_eq!((out.score_to_win, out.time_limit), (7, 0));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let refused = |change: fn(&mut rp_session_settings)| {
            let mut given = settings();
            change(&mut given);
            let failure = unsafe { create_session(&given) }.unwrap_err();
            assert_eq!(failure.code, RP_ERR_ARGUMENT);
            failure.message
        };
        assert!(refused(|given| given.server_port = 65_536).contains("server_port"));
        assert!(refused(|given| given.max_players = -1).contains("max_players"));
        assert!(refused(|given| given.options.score_to_win = 300).contains("score_to_win"));
        assert!(refused(|given| given.options.score_to_win = 21).contains("score_to_win"));
        assert!(refused(|given| given.options.ranked = 3).contains("ranked"));
        assert!(refused(|given| given.options.game_speed = -1).contains("game_speed"));
    }
}
