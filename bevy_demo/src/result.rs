//! The end of a match: who won, how, what it did to the rating, and what next.

use std::time::{Duration, Instant};

use bevy::prelude::*;
use bevy_rallypoint::{InviteQueueTheme, RallypointCommand};
use rallypoint::protocol::matchmaking::RatingChange;
use rallypoint_pong::rules::Reason;

use crate::{
    Screen,
    game::{Entry, LeaveWish, MatchEnd, Table, Way},
    maps::Look,
    quick::LastMatch,
    rematch::{Rematch, RematchWish},
    tokens::*,
    ui::{Fonts, Press, Weight, button, card, column, row},
    words::first_name,
};

/// How long a rating stands before it moves, and how long it moves.
const RATING_PAUSE: Duration = Duration::from_millis(400);
const RATING_COUNT: Duration = Duration::from_millis(1100);

/// Where the rating is shown once it is known.
#[derive(Component)]
struct RatingPlace;

#[derive(Component)]
struct RatingCount {
    change: RatingChange,
    begins: Instant,
}

/// The buttons, drawn anew when the rematch comes further.
#[derive(Component)]
struct Choices;

pub struct ResultPlugin;

impl Plugin for ResultPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(OnEnter(Screen::Result), (draw, leave_seat).chain())
            .add_systems(
                Update,
                (go_on, place_rating, count_rating, draw_choices).chain().run_if(in_state(Screen::Result)),
            )
            .add_systems(OnEnter(Screen::Lobby), leave_seat);
    }
}

fn verdict(end: &MatchEnd, look: &Look) -> (String, Color, String) {
    let other = first_name(&end.opponent);
    let (title, colour) = match end.won {
        Some(true) => ("You win".to_owned(), look.mine),
        Some(false) => (format!("{other} wins"), look.theirs),
        None => ("A draw".to_owned(), TEXT),
    };
    let line = match (end.reason, end.won) {
        (Some(Reason::Score), Some(true)) if end.practice => "Well played. Another one?".into(),
        (Some(Reason::Score), Some(true)) => format!("Well played. {other} may want another."),
        (Some(Reason::Score), _) if end.practice => "Another one?".into(),
        (Some(Reason::Score), _) if end.scores[1].saturating_sub(end.scores[0]) <= 2 => "So close. Once more?".into(),
        (Some(Reason::Score), _) => format!("{other} was in form. Once more?"),
        (Some(Reason::Time), _) => "The time is up.".into(),
        (Some(Reason::Forfeit), Some(true)) => format!("{other} left the match."),
        (Some(Reason::Forfeit), _) => "You left the match.".into(),
        (None, _) => "The connection was lost, and the match ended without you.".into(),
    };
    (title, colour, line)
}

fn draw(end: Option<Res<MatchEnd>>, table: Res<Table>, fonts: Res<Fonts>, mut commands: Commands) {
    let Some(end) = end else { return };
    let look = table.look;
    let (title, colour, line) = verdict(&end, look);
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
                score.spawn(fonts.strong(end.scores[0].to_string(), SCORE / 2.0, look.mine));
                score.spawn(fonts.strong(":", SCORE / 4.0, QUIET));
                score.spawn(fonts.strong(end.scores[1].to_string(), SCORE / 2.0, look.theirs));
            });
            body.spawn((fonts.text(line, BODY - 1.0, QUIET), TextLayout::justify(Justify::Center)));
            body.spawn((RatingPlace, row(12.0)));
            let choices = Node { margin: UiRect::top(px(8)), align_items: AlignItems::Center, ..column(12.0) };
            body.spawn((Choices, choices));
        });
    });
}

/// The rating may be told before or after the last point is seen.
fn place_rating(
    end: Option<Res<MatchEnd>>,
    last: Res<LastMatch>,
    places: Query<Entity, (With<RatingPlace>, Without<Children>)>,
    fonts: Res<Fonts>,
    mut commands: Commands,
) {
    let (Ok(place), Some(end)) = (places.single(), end) else { return };
    let finished = last.finished.as_ref().filter(|finished| Some(finished.game_id) == end.game);
    let Some(change) = finished.and_then(|finished| finished.rating) else { return };
    let gained = change.after - change.before;
    let (sign, ink) = if gained >= 0 { ("+", GREEN) } else { ("−", RED) };
    commands.entity(place).with_children(|place| {
        place.spawn(fonts.text("Rating", SMALL + 1.0, QUIET));
        place.spawn(fonts.strong(change.before.to_string(), BODY, QUIET));
        place.spawn(fonts.text("to", SMALL + 1.0, QUIET));
        let count = RatingCount { change, begins: Instant::now() + RATING_PAUSE };
        place.spawn((fonts.strong(change.before.to_string(), TITLE, TEXT), count));
        place.spawn(fonts.strong(format!("{sign}{}", gained.abs()), BODY, ink));
    });
}

fn count_rating(mut counts: Query<(&RatingCount, &mut Text)>, theme: Res<InviteQueueTheme>) {
    for (count, mut text) in &mut counts {
        let passed = Instant::now().saturating_duration_since(count.begins);
        let part = if theme.reduce_motion { 1.0 } else { passed.div_duration_f32(RATING_COUNT).min(1.0) };
        let eased = 1.0 - (1.0 - part).powi(3);
        let RatingChange { before, after } = count.change;
        let words = (before + ((after - before) as f32 * eased).round() as i32).to_string();
        if text.0 != words {
            text.0 = words;
        }
    }
}

fn draw_choices(
    choices: Query<(Entity, Ref<Choices>)>,
    end: Option<Res<MatchEnd>>,
    rematch: Res<Rematch>,
    fonts: Res<Fonts>,
    mut commands: Commands,
) {
    let (Ok((choices, fresh)), Some(end)) = (choices.single(), end) else { return };
    if !rematch.is_changed() && !fresh.is_added() {
        return;
    }
    let other = first_name(&end.opponent);
    let mut choices = commands.entity(choices);
    choices.despawn_related::<Children>();
    choices.with_children(|choices| {
        let words = match &*rematch {
            Rematch::Open | Rematch::Taking(_) => None,
            Rematch::Asked => Some(format!("Waiting for {other}'s answer.")),
            Rematch::Offered => Some(format!("{other} wants a rematch.")),
            Rematch::Refused(words) => Some(format!("No rematch: {}.", words.to_lowercase())),
        };
        choices.spawn(row(8.0)).with_children(|line| {
            let again = |_: On<Press>, mut wishes: MessageWriter<RematchWish>| {
                wishes.write(RematchWish);
            };
            if end.practice {
                button(line, &fonts, "Again (R)", Weight::Filled, again);
            } else if end.opponent_id.is_some() {
                let (label, weight) = match &*rematch {
                    Rematch::Asked => ("Rematch asked", Weight::Disabled),
                    Rematch::Taking(_) => ("Accepting", Weight::Disabled),
                    Rematch::Offered => ("Accept the rematch (R)", Weight::Filled),
                    Rematch::Open | Rematch::Refused(_) => ("Rematch (R)", Weight::Filled),
                };
                button(line, &fonts, label, weight, again);
            }
            let back = |_: On<Press>, mut leave: MessageWriter<LeaveWish>| {
                leave.write(LeaveWish);
            };
            button(line, &fonts, "Back to the lobby", Weight::Quiet, back);
        });
        if let Some(words) = words {
            choices.spawn(fonts.text(words, SMALL + 1.0, QUIET));
        }
    });
}

fn go_on(keys: Res<ButtonInput<KeyCode>>, mut wishes: MessageReader<LeaveWish>, mut next: ResMut<NextState<Screen>>) {
    let wished = wishes.read().count() > 0;
    if wished || keys.any_just_pressed([KeyCode::Enter, KeyCode::Space]) {
        next.set(Screen::Lobby);
    }
}

/// The game is over, or was left: the seat is given up.
fn leave_seat(
    mut entry: ResMut<Entry>,
    end: Option<Res<MatchEnd>>,
    screen: Res<State<Screen>>,
    mut commands: MessageWriter<RallypointCommand>,
) {
    let played_out = *screen.get() == Screen::Result && end.is_some_and(|end| end.reason.is_some());
    match std::mem::take(&mut *entry).way {
        Some(Way::Session(code)) => _ = commands.write(RallypointCommand::LeaveSession(code)),
        // A match that is over has given its seat up by itself.
        Some(Way::Match(_)) if !played_out => _ = commands.write(RallypointCommand::LeaveQueue),
        _ => {}
    }
}
