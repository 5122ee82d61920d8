//! The end of a match: who won, how, and back to the lobby.

use bevy::prelude::*;
use bevy_rallypoint::{RallypointCommand, shorten};
use rallypoint_pong::rules::Reason;

use crate::{
    Screen,
    game::{Entry, LeaveWish, MatchEnd, StartPractice},
    tokens::*,
    ui::{Fonts, Press, Weight, button, card, column, row},
};

pub struct ResultPlugin;

impl Plugin for ResultPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(OnEnter(Screen::Result), draw)
            .add_systems(Update, go_on.run_if(in_state(Screen::Result)))
            .add_systems(OnEnter(Screen::Lobby), leave_session);
    }
}

fn draw(end: Option<Res<MatchEnd>>, fonts: Res<Fonts>, mut commands: Commands) {
    let Some(end) = end else { return };
    let other = shorten(end.opponent.split('#').next().unwrap_or_default(), 12.0);
    let (title, colour) = match end.won {
        Some(true) => ("You win".to_owned(), WARM),
        Some(false) => (format!("{other} wins"), COOL),
        None => ("A draw".to_owned(), TEXT),
    };
    let line = match (end.reason, end.won) {
        (Some(Reason::Score), Some(true)) if end.practice => "Well played. Another one?".into(),
        (Some(Reason::Score), Some(true)) => format!("Well played. {other} may want another."),
        (Some(Reason::Score), _) if end.practice => "Another one?".into(),
        (Some(Reason::Score), _) if end.scores[1].saturating_sub(end.scores[0]) <= 2 => {
            "So close. Invite them again?".into()
        }
        (Some(Reason::Score), _) => format!("{other} was in form. Invite them again?"),
        (Some(Reason::Time), _) => "The time is up.".into(),
        (Some(Reason::Forfeit), Some(true)) => format!("{other} left the match."),
        (Some(Reason::Forfeit), _) => "You left the match.".into(),
        (None, _) => "The connection was lost and could not be restored in time.".into(),
    };
    let veil = Node {
        width: percent(100),
        height: percent(100),
        align_items: AlignItems::Center,
        justify_content: JustifyContent::Center,
        ..default()
    };
    commands.spawn((DespawnOnExit(Screen::Result), veil, BackgroundColor(VEIL))).with_children(|veil| {
        let body = Node { width: px(440), padding: px(40).all(), align_items: AlignItems::Center, ..column(16.0) };
        veil.spawn(card(body)).with_children(|body| {
            body.spawn(fonts.strong(title, TITLE, colour));
            body.spawn(row(24.0)).with_children(|score| {
                score.spawn(fonts.strong(end.scores[0].to_string(), SCORE / 2.0, WARM));
                score.spawn(fonts.strong(":", SCORE / 4.0, QUIET));
                score.spawn(fonts.strong(end.scores[1].to_string(), SCORE / 2.0, COOL));
            });
            body.spawn((fonts.text(line, BODY - 1.0, QUIET), TextLayout::justify(Justify::Center)));
            body.spawn(Node { margin: UiRect::top(px(8)), ..row(8.0) }).with_children(|line| {
                button(
                    line,
                    &fonts,
                    "Back to the lobby",
                    Weight::Filled,
                    |_: On<Press>, mut leave: MessageWriter<LeaveWish>| {
                        leave.write(LeaveWish);
                    },
                );
                if end.practice {
                    button(
                        line,
                        &fonts,
                        "Again",
                        Weight::Quiet,
                        |_: On<Press>, mut start: MessageWriter<StartPractice>| {
                            start.write(StartPractice);
                        },
                    );
                }
            });
        });
    });
}

fn go_on(keys: Res<ButtonInput<KeyCode>>, mut wishes: MessageReader<LeaveWish>, mut next: ResMut<NextState<Screen>>) {
    let wished = wishes.read().count() > 0;
    if wished || keys.any_just_pressed([KeyCode::Enter, KeyCode::Space]) {
        next.set(Screen::Lobby);
    }
}

/// Back in the lobby, the seat is given up.
fn leave_session(mut entry: ResMut<Entry>, mut commands: MessageWriter<RallypointCommand>) {
    if let Some(code) = std::mem::take(&mut *entry).code {
        commands.write(RallypointCommand::LeaveSession(code));
    }
}
