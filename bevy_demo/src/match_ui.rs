//! What is written over the court: names, lag, readiness, veils.

use std::time::Instant;

use bevy::prelude::*;
use bevy_rallypoint::shorten;
use rallypoint_pong::rules::Side;

use crate::{
    Screen,
    game::{Entry, LeaveWish, ReadyWish, Stage, Table},
    network::Network,
    tokens::*,
    ui::{Fonts, Press, Weight, button, card, column, dot, row},
};

#[derive(Component)]
struct NameTag(Side);

/// The score beside a name, for whom the court's are too faint.
#[derive(Component, Clone, Copy)]
struct ScoreTag(Side);

#[derive(Component)]
struct Lag;

/// Tells of a network that was made worse.
#[derive(Component)]
struct Badge;

/// The card or veil over the court, and what it was drawn for.
#[derive(Component)]
struct Overlay;

#[derive(Component)]
struct Seconds;

/// What an overlay says; it is redrawn when this changes.
#[derive(Clone, Debug, PartialEq)]
enum Notice {
    Clear,
    Connecting(String),
    Waiting(String),
    Ready { me: bool, other: bool, opponent: String },
    OtherGone(String),
    Reconnecting,
    Leave,
}

/// Whether the player is being asked about leaving.
#[derive(Resource, Default)]
struct Asking(bool);

pub struct MatchUiPlugin;

impl Plugin for MatchUiPlugin {
    fn build(&self, app: &mut App) {
        let in_game = in_state(Screen::Match).or_else(in_state(Screen::Connecting));
        app.init_resource::<Asking>()
            .add_systems(OnEnter(Screen::Match), (draw, |mut asking: ResMut<Asking>| asking.0 = false))
            .add_systems(
                Update,
                (ask_to_leave, show_names, show_scores, show_badge, draw_overlay, count_down).chain().run_if(in_game),
            )
            .add_systems(OnExit(Screen::Match), clear)
            .add_systems(OnExit(Screen::Connecting), clear);
    }
}

fn clear(overlays: Query<Entity, With<Overlay>>, mut commands: Commands) {
    for overlay in &overlays {
        commands.entity(overlay).despawn();
    }
}

fn draw(fonts: Res<Fonts>, mut commands: Commands) {
    let strip = Node {
        position_type: PositionType::Absolute,
        width: percent(100),
        height: px(56),
        padding: UiRect::horizontal(px(32)),
        align_items: AlignItems::Center,
        justify_content: JustifyContent::SpaceBetween,
        ..default()
    };
    let top = Node { top: px(0), ..strip.clone() };
    let bottom = Node { bottom: px(0), ..strip };
    commands.spawn((DespawnOnExit(Screen::Match), top)).with_children(|top| {
        for side in Side::BOTH {
            top.spawn(row(24.0)).with_children(|end| {
                let score = (fonts.strong("", BODY + 8.0, TEXT), TextLayout::no_wrap(), ScoreTag(side));
                if side == Side::Right {
                    end.spawn(score.clone());
                }
                end.spawn(row(10.0)).with_children(|tag| {
                    tag.spawn((dot(TEXT), NameTag(side)));
                    tag.spawn((fonts.strong("", BODY, TEXT), TextLayout::no_wrap(), NameTag(side)));
                });
                if side == Side::Left {
                    end.spawn(score);
                }
            });
        }
    });
    commands.spawn((DespawnOnExit(Screen::Match), bottom)).with_children(|bottom| {
        let end = Node { flex_grow: 1.0, flex_basis: px(0), ..default() };
        let keys = fonts.text("W and S, the arrows, or hold the mouse · Esc leaves", SMALL, QUIET);
        bottom.spawn(end.clone()).with_child(keys);
        let pill = Node {
            padding: UiRect::axes(px(12), px(5)),
            border: px(1).all(),
            border_radius: BorderRadius::MAX,
            ..default()
        };
        let colours = (BackgroundColor(PANEL.with_alpha(0.8)), BorderColor::all(RED.with_alpha(0.6)));
        bottom
            .spawn((pill, colours, Visibility::Hidden, Badge))
            .with_child((fonts.strong("", SMALL, RED), TextLayout::no_wrap()));
        bottom
            .spawn(Node { justify_content: JustifyContent::FlexEnd, ..end })
            .with_child((fonts.text("", SMALL, QUIET), Lag));
    });
}

fn show_badge(
    network: Res<Network>,
    mut badges: Query<(&mut Visibility, &Children), With<Badge>>,
    mut texts: Query<&mut Text>,
) {
    let words = match network.unplugged_for() {
        Some(left) => Some(format!("Unplugged for {:.0} s", left.as_secs_f32().ceil())),
        None => network.quality().badge().map(str::to_owned),
    };
    for (mut visibility, children) in &mut badges {
        visibility.set_if_neq(if words.is_some() { Visibility::Inherited } else { Visibility::Hidden });
        for child in children {
            if let (Ok(mut text), Some(words)) = (texts.get_mut(*child), &words)
                && text.0 != *words
            {
                text.0.clone_from(words);
            }
        }
    }
}

fn ask_to_leave(keys: Res<ButtonInput<KeyCode>>, mut asking: ResMut<Asking>, mut leave: MessageWriter<LeaveWish>) {
    if asking.0 && keys.just_pressed(KeyCode::Enter) {
        leave.write(LeaveWish);
    }
    if keys.just_pressed(KeyCode::Escape) {
        asking.0 = !asking.0;
    }
}

fn show_scores(table: Res<Table>, mut scores: Query<(&ScoreTag, &mut Text, &mut TextColor)>) {
    for (tag, mut text, mut colour) in &mut scores {
        let words = table.scores[tag.0.index()].to_string();
        if text.0 != words {
            text.0 = words;
        }
        colour.set_if_neq(TextColor(table.colour_of(tag.0)));
    }
}

fn show_names(
    table: Res<Table>,
    entry: Res<Entry>,
    mut names: Query<(&NameTag, &mut Text)>,
    mut dots: Query<(&NameTag, &mut BackgroundColor), Without<Text>>,
    mut lag: Query<&mut Text, (With<Lag>, Without<NameTag>)>,
) {
    for (tag, mut text) in &mut names {
        let name = shorten(&table.names[tag.0.index()], 18.0);
        let words = match (tag.0 == table.me, name.is_empty()) {
            (true, false) => format!("{name} (you)"),
            (true, true) => "You".into(),
            (false, false) => name,
            (false, true) => "Waiting for the other player".into(),
        };
        if text.0 != words {
            text.0 = words;
        }
    }
    for (tag, mut ground) in &mut dots {
        ground.set_if_neq(BackgroundColor(table.colour_of(tag.0)));
    }
    for mut text in &mut lag {
        let words = match (entry.way, table.lag) {
            (None, _) => "Practice".into(),
            (Some(_), Some(lag)) => format!("{lag} ms"),
            (Some(_), None) => String::new(),
        };
        if text.0 != words {
            text.0 = words;
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "a system's arguments are what it touches")]
fn draw_overlay(
    overlays: Query<Entity, With<Overlay>>,
    table: Res<Table>,
    entry: Res<Entry>,
    asking: Res<Asking>,
    screen: Res<State<Screen>>,
    fonts: Res<Fonts>,
    mut last: Local<Option<Notice>>,
    mut commands: Commands,
) {
    let known = entry.opponent.as_ref().map(|who| who.name.split('#').next().unwrap_or(&who.name).to_owned());
    let opponent = || match (&known, table.names[(!table.me).index()].as_str()) {
        (Some(name), "") => shorten(name, 12.0),
        _ => shorten(&table.other_name(), 12.0),
    };
    let notice = match (screen.get(), table.stage) {
        (Screen::Connecting, _) => Notice::Connecting(opponent()),
        _ if asking.0 => Notice::Leave,
        (_, Stage::Waiting) => Notice::Waiting(opponent()),
        (_, Stage::Ready { me, other }) => Notice::Ready { me, other, opponent: opponent() },
        (_, Stage::OtherGone { .. }) => Notice::OtherGone(opponent()),
        (_, Stage::Reconnecting { .. }) => Notice::Reconnecting,
        _ => Notice::Clear,
    };
    let drawn = !overlays.is_empty();
    if last.as_ref() == Some(&notice) && (drawn || notice == Notice::Clear) {
        return;
    }
    clear(overlays, commands.reborrow());
    *last = Some(notice.clone());
    let (title, line) = match &notice {
        Notice::Clear => return,
        Notice::Connecting(name) => (format!("Joining {name}"), "Getting a seat in the game".to_owned()),
        Notice::Waiting(name) => (format!("Waiting for {name}"), "The match starts when both of you are here.".into()),
        Notice::Ready { me: false, .. } => ("Ready?".into(), "Press Space to start.".into()),
        Notice::Ready { opponent, .. } => ("You are ready".into(), format!("Waiting for {opponent}.")),
        Notice::OtherGone(name) => (format!("{name} has lost the connection"), "Time left to come back:".into()),
        Notice::Reconnecting => ("Reconnecting".into(), "Your seat is kept for:".into()),
        Notice::Leave => ("Leave the match?".into(), "Leaving now gives the match to the other.".into()),
    };
    let veil = Node {
        position_type: PositionType::Absolute,
        width: percent(100),
        height: percent(100),
        align_items: AlignItems::Center,
        justify_content: JustifyContent::Center,
        ..default()
    };
    let counting = matches!(notice, Notice::OtherGone(_) | Notice::Reconnecting);
    commands.spawn((Overlay, veil, BackgroundColor(VEIL), GlobalZIndex(100))).with_children(|veil| {
        let body = Node { width: px(400), padding: px(32).all(), align_items: AlignItems::Center, ..column(16.0) };
        veil.spawn(card(body)).with_children(|body| {
            body.spawn((fonts.strong(title, TITLE - 4.0, TEXT), TextLayout::justify(Justify::Center)));
            body.spawn((fonts.text(line, BODY - 1.0, QUIET), TextLayout::justify(Justify::Center)));
            if counting {
                body.spawn((fonts.strong("", TITLE * 1.6, WARM), Seconds));
            }
            match &notice {
                Notice::Ready { me, other, opponent } => {
                    readiness(body, &fonts, "You", *me, table.look.mine);
                    readiness(body, &fonts, opponent, *other, table.look.theirs);
                    if !me {
                        button(
                            body,
                            &fonts,
                            "Ready",
                            Weight::Filled,
                            |_: On<Press>, mut ready: MessageWriter<ReadyWish>| {
                                ready.write(ReadyWish);
                            },
                        );
                    }
                }
                Notice::Leave => {
                    body.spawn(row(8.0)).with_children(|line| {
                        button(line, &fonts, "Play on", Weight::Filled, |_: On<Press>, mut asking: ResMut<Asking>| {
                            asking.0 = false;
                        });
                        button(
                            line,
                            &fonts,
                            "Leave",
                            Weight::Quiet,
                            |_: On<Press>, mut leave: MessageWriter<LeaveWish>| {
                                leave.write(LeaveWish);
                            },
                        );
                    });
                }
                Notice::Connecting(_) | Notice::Waiting(_) => {
                    button(
                        body,
                        &fonts,
                        "Back to the lobby",
                        Weight::Quiet,
                        |_: On<Press>, mut leave: MessageWriter<LeaveWish>| {
                            leave.write(LeaveWish);
                        },
                    );
                }
                _ => {}
            }
        });
    });
}

fn readiness(body: &mut ChildSpawnerCommands, fonts: &Fonts, name: &str, ready: bool, colour: Color) {
    let line = Node { width: percent(100), justify_content: JustifyContent::SpaceBetween, ..row(12.0) };
    body.spawn(line).with_children(|line| {
        line.spawn(row(10.0)).with_children(|who| {
            who.spawn(dot(colour));
            who.spawn((fonts.text(name, BODY, TEXT), TextLayout::no_wrap()));
        });
        let (word, ink) = if ready { ("Ready", GREEN) } else { ("Not yet", QUIET) };
        line.spawn(fonts.strong(word, SMALL + 1.0, ink));
    });
}

fn count_down(table: Res<Table>, mut seconds: Query<&mut Text, With<Seconds>>) {
    let (Stage::OtherGone { until } | Stage::Reconnecting { until }) = table.stage else { return };
    let words = until.saturating_duration_since(Instant::now()).as_secs_f32().ceil().to_string();
    for mut text in seconds.iter_mut().filter(|text| text.0 != words) {
        text.0.clone_from(&words);
    }
}
