//! The ways out of a game.

use bevy_rallypoint::MatchCancelled;
use rallypoint::protocol::matchmaking::FinishReason;
use rallypoint_pong::rules::Reason;

use super::*;
use crate::{game::MatchEnd, quick::LastMatch};

/// The match is over, or the way back into it.
pub(super) fn finish(
    online: Res<Online>,
    (table, entry, last): (Res<Table>, Res<Entry>, Res<LastMatch>),
    client: Res<Rallypoint>,
    mut commands: Commands,
    mut toasts: MessageWriter<Toast>,
    mut next: ResMut<NextState<Screen>>,
) {
    let now = Instant::now();
    let name = table.names[(!table.me).index()].clone();
    let end = |won, scores: [u8; 2], reason| MatchEnd {
        won,
        scores: [scores[table.me.index()], scores[(!table.me).index()]],
        reason,
        opponent: if name.is_empty() { table.other_name() } else { name.clone() },
        opponent_id: entry.opponent.as_ref().map(|opponent| opponent.id),
        game: if let Way::Match(game) = online.way { Some(game) } else { None },
        practice: false,
    };
    let connected = online.play.is_some() && !matches!(table.stage, Stage::Reconnecting { .. });
    match online.end {
        Some((outcome, scores, until)) if now >= until => {
            let won = outcome.winner.map(|winner| winner == table.me);
            commands.insert_resource(end(won, scores, Some(outcome.reason)));
            next.set(Screen::Result);
        }
        None if !connected && now >= online.deadline => match online.play {
            Some(_) => {
                // The server may have said how it ended without us.
                let told = last.finished.as_ref().filter(|finished| online.way == Way::Match(finished.game_id));
                let me = client.user().map(|user| user.id);
                commands.insert_resource(match told {
                    Some(told) => {
                        let won = told.winner_id.map(|winner| Some(winner) == me);
                        end(won, told.scores, Some(reason_of(told.reason)))
                    }
                    None => end(Some(false), table.scores, None),
                });
                next.set(Screen::Result);
            }
            None => {
                toasts.write(Toast::bad(match online.way {
                    Way::Session(_) => "The game could not be reached. Ask for a new invite.",
                    Way::Match(_) => "The game could not be reached. Press Quick match to try again.",
                }));
                next.set(Screen::Lobby);
            }
        },
        _ => return,
    }
    abandon(&mut commands);
}

fn reason_of(reason: FinishReason) -> Reason {
    match reason {
        FinishReason::Score => Reason::Score,
        FinishReason::Time => Reason::Time,
        FinishReason::Forfeit => Reason::Forfeit,
    }
}

/// Out at once where no match is lost by it; otherwise the server's verdict comes first.
pub(super) fn leave(
    online: Res<Online>,
    table: Res<Table>,
    mut commands: Commands,
    mut next: ResMut<NextState<Screen>>,
) {
    if !online.leaving || online.end.is_some() {
        return;
    }
    if !matches!(table.stage, Stage::Playing | Stage::OtherGone { .. }) {
        abandon(&mut commands);
        next.set(Screen::Lobby);
    }
}

/// A match that does not come about ends here; the lobby says why.
pub(super) fn called_off(
    mut cancelled: MessageReader<MatchCancelled>,
    online: Res<Online>,
    mut entry: ResMut<Entry>,
    mut commands: Commands,
    mut next: ResMut<NextState<Screen>>,
) {
    if cancelled.read().any(|MatchCancelled(cancelled)| online.way == Way::Match(cancelled.game_id)) {
        // The place in the queue is kept, so that it is not given up on the way into the lobby.
        *entry = Entry::default();
        abandon(&mut commands);
        next.set(Screen::Lobby);
    }
}
