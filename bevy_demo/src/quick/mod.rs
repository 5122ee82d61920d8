//! Quick match: a place in the queue, and straight into the match that it leads to.

mod view;

use std::time::{Duration, Instant};

use bevy::prelude::*;
use bevy_rallypoint::{
    MatchCancelled, QueueChanged, Rallypoint, RallypointCommand, RallypointReply, prelude::RallypointSystems,
};
use rallypoint::protocol::{
    GameId,
    matchmaking::{CancelReason, MatchFinished, MatchFound, QueueState, QueueTicket},
    session::{GameOptions, GameSpeed},
};

use crate::{
    Options, Screen,
    field::{self, Field},
    game::{Door, Entry, Opponent, Way},
    session::MySession,
    toast::Toast,
    words::first_name,
};

pub use view::spawn_queue_view;

/// What others read of somebody who waits.
pub const STATUS: &str = "Waiting for a quick match";

/// Where one stands in the queue, as far as the lobby shows it.
#[derive(Resource, Clone, Debug, Default, PartialEq)]
pub enum Quick {
    #[default]
    Out,
    Joining,
    Waiting {
        ticket: QueueTicket,
        /// When the ticket said so.
        seen: Instant,
    },
    Leaving,
}

impl Quick {
    pub fn is_out(&self) -> bool {
        *self == Quick::Out
    }

    /// How long one has waited by now.
    pub fn waited(&self) -> Duration {
        match self {
            Quick::Waiting { ticket, seen } => Duration::from_secs(ticket.waiting_seconds) + seen.elapsed(),
            _ => Duration::ZERO,
        }
    }
}

/// What kind of match is wanted. What is open matches anything.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub ranked: bool,
    pub speed: Option<GameSpeed>,
    pub cool_mode: Option<bool>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { ranked: true, speed: None, cool_mode: None }
    }
}

impl Wanted {
    fn options(self, score_to_win: Option<u8>) -> GameOptions {
        GameOptions {
            ranked: Some(self.ranked),
            game_speed: self.speed,
            cool_mode: self.cool_mode,
            score_to_win,
            time_limit: None,
        }
    }
}

/// Why one waits again, or no longer.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice(pub Option<String>);

/// The match that was last found, and its result once it is told.
#[derive(Resource, Clone, Debug, Default)]
pub struct LastMatch {
    pub found: Option<MatchFound>,
    pub finished: Option<MatchFinished>,
}

impl LastMatch {
    fn is_over(&self, game: GameId) -> bool {
        self.finished.as_ref().is_some_and(|finished| finished.game_id == game)
    }
}

/// Look for a match, or stop looking.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuickWish {
    Join,
    Leave,
}

pub struct QuickPlugin;

impl Plugin for QuickPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Quick>()
            .init_resource::<Wanted>()
            .init_resource::<Notice>()
            .init_resource::<LastMatch>()
            .add_message::<QuickWish>()
            .add_systems(PreUpdate, note_results.after(RallypointSystems::Receive))
            .add_systems(Update, (read_key, carry_out, follow, follow_cancelled, leave_for_another).chain())
            .add_systems(Update, view::show.run_if(in_state(Screen::Lobby)))
            .add_systems(OnEnter(Screen::SignIn), forget);
    }
}

fn forget(mut quick: ResMut<Quick>, mut notice: ResMut<Notice>, mut last: ResMut<LastMatch>) {
    (*quick, notice.0, *last) = (Quick::Out, None, LastMatch::default());
}

fn note_results(mut finished: MessageReader<bevy_rallypoint::MatchFinished>, mut last: ResMut<LastMatch>) {
    for bevy_rallypoint::MatchFinished(result) in finished.read() {
        last.finished = Some(result.clone());
    }
}

/// `Q` looks for a match and stops looking.
fn read_key(
    keys: Res<ButtonInput<KeyCode>>,
    screen: Res<State<Screen>>,
    fields: Query<&Field>,
    session: Res<MySession>,
    quick: Res<Quick>,
    mut wishes: MessageWriter<QuickWish>,
) {
    if keys.just_pressed(KeyCode::KeyQ) && *screen.get() == Screen::Lobby && !field::typing(fields) {
        match *quick {
            Quick::Out if session.0.is_none() => _ = wishes.write(QuickWish::Join),
            Quick::Waiting { .. } => _ = wishes.write(QuickWish::Leave),
            _ => {}
        }
    }
}

fn carry_out(
    mut wishes: MessageReader<QuickWish>,
    mut quick: ResMut<Quick>,
    mut notice: ResMut<Notice>,
    wanted: Res<Wanted>,
    options: Res<Options>,
    mut commands: MessageWriter<RallypointCommand>,
) {
    for wish in wishes.read() {
        match (wish, &*quick) {
            (QuickWish::Join, Quick::Out) => {
                *quick = Quick::Joining;
                notice.0 = None;
                commands.write(RallypointCommand::JoinQueue(wanted.options(options.cli.score_wanted())));
            }
            (QuickWish::Leave, Quick::Waiting { .. } | Quick::Joining) => {
                *quick = Quick::Leaving;
                notice.0 = None;
                commands.write(RallypointCommand::LeaveQueue);
            }
            _ => {}
        }
    }
}

fn follow(
    mut changes: MessageReader<QueueChanged>,
    mut replies: MessageReader<RallypointReply>,
    mut quick: ResMut<Quick>,
    mut last: ResMut<LastMatch>,
    mut door: Door,
    mut toasts: MessageWriter<Toast>,
) {
    let mut states = Vec::new();
    for reply in replies.read() {
        match reply {
            RallypointReply::QueueJoined(Ok(state)) => states.push(state.clone()),
            RallypointReply::QueueJoined(Err(error)) => {
                *quick = Quick::Out;
                toasts.write(Toast::failed("No place in the queue", error));
            }
            RallypointReply::QueueLeft(Ok(_)) if *quick == Quick::Leaving => *quick = Quick::Out,
            RallypointReply::QueueLeft(Err(error)) if *quick == Quick::Leaving => {
                *quick = Quick::Out;
                toasts.write(Toast::failed("The server has not heard that you left the queue", error));
            }
            _ => {}
        }
    }
    // The news of one's own joining are older than the answer to it.
    states.splice(0..0, changes.read().map(|QueueChanged(state)| state.clone()));
    for state in states {
        match state {
            QueueState::Idle if matches!(*quick, Quick::Waiting { .. }) => *quick = Quick::Out,
            QueueState::Queued(ticket) if *quick != Quick::Leaving => {
                *quick = Quick::Waiting { ticket, seen: Instant::now() };
            }
            QueueState::Matched(found) if *quick != Quick::Leaving => {
                *quick = Quick::Out;
                let way = Way::Match(found.game_id);
                if last.is_over(found.game_id) {
                    continue;
                }
                let opponent = Opponent { id: found.opponent.id, name: found.opponent.full_name() };
                let entry = Entry { way: Some(way), opponent: Some(opponent), map: None };
                if door.enter(entry, Some(found.game_id), Some(found.connect_token.clone())) {
                    *last = LastMatch { found: Some(found), finished: None };
                }
            }
            _ => {}
        }
    }
}

fn follow_cancelled(
    mut cancelled: MessageReader<MatchCancelled>,
    last: Res<LastMatch>,
    mut notice: ResMut<Notice>,
    mut toasts: MessageWriter<Toast>,
) {
    for MatchCancelled(cancelled) in cancelled.read() {
        let found = last.found.as_ref().filter(|found| found.game_id == cancelled.game_id);
        let name = found.map_or("The other player".into(), |found| first_name(&found.opponent.display_name));
        let words = cancelled_words(cancelled.reason, &name, cancelled.requeued);
        if cancelled.requeued {
            notice.0 = Some(words);
        } else {
            toasts.write(Toast::bad(words));
        }
    }
}

/// Why a match did not come about, and what follows.
fn cancelled_words(reason: CancelReason, name: &str, requeued: bool) -> String {
    let why = match reason {
        CancelReason::OpponentMissing => format!("{name} didn't turn up."),
        CancelReason::OpponentLeft => format!("{name} left before the match began."),
        CancelReason::NotConnected => "You were not in the game in time.".into(),
        CancelReason::ServerRestarted => "The game server was started anew.".into(),
    };
    let then = if requeued {
        "You are back at the front, with your waiting time kept."
    } else {
        "Press Quick match to look again."
    };
    format!("{why} {then}")
}

/// Whoever goes into another game gives the place in the queue up.
fn leave_for_another(
    entry: Res<Entry>,
    quick: Res<Quick>,
    client: Res<Rallypoint>,
    mut wishes: MessageWriter<QuickWish>,
) {
    let elsewhere = matches!(entry.way, Some(Way::Session(_)));
    if entry.is_changed() && elsewhere && !quick.is_out() && client.user().is_some() {
        wishes.write(QuickWish::Leave);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_says_what_follows() {
        let words = cancelled_words(CancelReason::OpponentMissing, "Ada", true);
        assert_eq!(words, "Ada didn't turn up. You are back at the front, with your waiting time kept.");
        let words = cancelled_words(CancelReason::NotConnected, "Ada", false);
        assert_eq!(words, "You were not in the game in time. Press Quick match to look again.");
    }

    #[test]
    fn what_is_left_open_matches_anything() {
        let options = Wanted::default().options(None);
        assert_eq!(options, GameOptions { ranked: Some(true), ..GameOptions::default() });
    }
}
