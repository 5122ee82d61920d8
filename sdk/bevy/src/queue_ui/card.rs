//! One card: who, what, how long, and the two answers.

use std::time::Instant;

use bevy::prelude::*;
use rallypoint::{
    InviteEntry, InviteState,
    protocol::{InviteId, invite::InviteAnswer},
};

use super::{
    stack::FrontInvite,
    text::{about, avatar_colour, countdown, initials, shorten},
    theme::InviteQueueTheme,
};
use crate::InviteQueue;

/// Heights in logical pixels. A card behind shows its lower strip, tucked under the one before.
pub(crate) const FRONT_HEIGHT: f32 = 168.0;
pub(crate) const STRIP_HEIGHT: f32 = 56.0;
pub(crate) const TUCK: f32 = 10.0;
pub(crate) const FAREWELL_HEIGHT: f32 = 72.0;
const AVATAR: f32 = 40.0;
const MAP_PICTURE: Vec2 = Vec2::new(64.0, 40.0);

/// A card of the queue's UI, by its invite.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub struct InviteCard(pub InviteId);

/// The parts of a card that change while it is shown.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardText {
    Countdown,
    /// The label of the button that was pressed.
    Progress,
}

/// Where a card is in its life.
#[derive(Component, Clone, Debug)]
pub(crate) enum Phase {
    Live,
    /// Says why it goes.
    Farewell {
        words: String,
        good: bool,
        until: Instant,
    },
    /// Slides out, then is no more.
    Leaving {
        until: Instant,
    },
}

impl Phase {
    pub(crate) fn is_live(&self) -> bool {
        matches!(self, Self::Live)
    }
}

/// What went wrong with the last answer.
#[derive(Component, Clone, Debug, Default, PartialEq)]
pub(crate) struct Refusal(pub Option<String>);

/// What the card's contents were built for; they are rebuilt when this changes.
#[derive(Component, Clone, Debug, PartialEq, Default)]
pub(crate) enum Face {
    #[default]
    Blank,
    Front {
        acting: Option<InviteAnswer>,
        refusal: Option<String>,
    },
    Strip,
    Farewell,
}

#[derive(Component, Clone, Copy, Debug)]
pub(crate) struct CardButton {
    answer: InviteAnswer,
    rest: Color,
}

impl CardButton {
    pub(crate) fn accepts(&self) -> bool {
        self.answer == InviteAnswer::Accept
    }

    pub(crate) fn rest(&self) -> Color {
        self.rest
    }
}

/// The countdown's bar; its width is the share of time that is left.
#[derive(Component)]
pub(crate) struct CountdownBar {
    whole: f32,
}

pub(crate) fn rebuild(
    mut cards: Query<(Entity, &InviteCard, &Phase, &Refusal, &mut Face, &mut BackgroundColor, &mut Node)>,
    queue: Res<InviteQueue>,
    front: Res<FrontInvite>,
    theme: Res<InviteQueueTheme>,
    mut commands: Commands,
) {
    for (card, id, phase, refusal, mut face, mut ground, mut node) in &mut cards {
        let entry = queue.get(id.0);
        let wanted = match (phase, entry) {
            (Phase::Live, Some(entry)) if front.id == Some(id.0) => {
                let acting = match entry.state {
                    InviteState::Acting(answer) => Some(answer),
                    _ => None,
                };
                Face::Front { acting, refusal: refusal.0.clone() }
            }
            (Phase::Live, Some(_)) => Face::Strip,
            (Phase::Farewell { .. }, _) => Face::Farewell,
            _ => continue,
        };
        if *face == wanted {
            continue;
        }
        (node.height, ground.0) = match &wanted {
            Face::Strip => (px(STRIP_HEIGHT), theme.surface_behind),
            Face::Farewell => (px(FAREWELL_HEIGHT), theme.surface),
            _ => (px(FRONT_HEIGHT), theme.surface),
        };
        let mut card = commands.entity(card);
        card.despawn_related::<Children>();
        match (&wanted, entry, phase) {
            (Face::Front { acting, refusal }, Some(entry), _) => {
                card.with_children(|card| build_front(card, entry, *acting, refusal.as_deref(), &theme));
            }
            (Face::Strip, Some(entry), _) => {
                card.with_children(|card| build_strip(card, entry, &theme));
            }
            (_, _, Phase::Farewell { words, good, .. }) => {
                card.with_children(|card| build_farewell(card, words, *good, &theme));
            }
            _ => {}
        }
        *face = wanted;
    }
}

fn build_front(
    card: &mut ChildSpawnerCommands,
    entry: &InviteEntry,
    acting: Option<InviteAnswer>,
    refusal: Option<&str>,
    theme: &InviteQueueTheme,
) {
    let column = Node {
        flex_direction: FlexDirection::Column,
        justify_content: JustifyContent::SpaceBetween,
        width: percent(100),
        height: percent(100),
        padding: px(16).all(),
        ..default()
    };
    card.spawn(column).with_children(|column| {
        let row = Node { align_items: AlignItems::Center, column_gap: px(12), ..default() };
        let map = entry.invite.map.as_ref().and_then(|map| theme.map_pictures.get(map));
        let picture = if map.is_some() { MAP_PICTURE.x } else { AVATAR };
        let taken = 88.0 + picture;
        column.spawn(row).with_children(|row| {
            match map {
                Some(map) => _ = row.spawn(map_picture(map, &entry.invite.sender_name, theme)),
                None => _ = row.spawn(avatar(&entry.invite.sender_name, AVATAR, theme)),
            }
            let words = Node {
                flex_direction: FlexDirection::Column,
                flex_grow: 1.0,
                row_gap: px(2),
                overflow: Overflow::clip_x(),
                ..default()
            };
            row.spawn(words).with_children(|words| {
                words.spawn(theme.large(shorten(&entry.invite.sender_name, name_room(theme, taken, theme.text_large))));
                let (line, colour) = match refusal {
                    Some(refusal) => (shorten(refusal, name_room(theme, taken, theme.text_small)), theme.danger),
                    None => (shorten(&about(entry), name_room(theme, taken, theme.text_small)), theme.text_quiet),
                };
                words.spawn(theme.small(line, colour));
            });
            row.spawn((theme.strong(countdown(seconds_left(entry)), theme.text), CardText::Countdown));
        });
        column.spawn(countdown_bar(entry, theme));
        let row = Node { column_gap: px(8), ..default() };
        column.spawn(row).with_children(|row| {
            for answer in [InviteAnswer::Accept, InviteAnswer::Decline] {
                build_button(row, answer, acting, theme);
            }
        });
    });
}

fn build_button(
    row: &mut ChildSpawnerCommands,
    answer: InviteAnswer,
    acting: Option<InviteAnswer>,
    theme: &InviteQueueTheme,
) {
    let accepts = answer == InviteAnswer::Accept;
    let idle = acting.is_none();
    let (ground, ink) = match (accepts, idle || acting == Some(answer)) {
        (true, true) => (theme.accept, theme.on_accept),
        (true, false) => (theme.accept.with_alpha(0.35), theme.on_accept),
        (false, true) => (theme.border.with_alpha(0.10), theme.text),
        (false, false) => (Color::NONE, theme.text_quiet),
    };
    let node = Node {
        height: px(40),
        flex_grow: 1.0,
        flex_basis: px(0),
        justify_content: JustifyContent::Center,
        align_items: AlignItems::Center,
        column_gap: px(8),
        border: px(1).all(),
        border_radius: BorderRadius::all(px(8)),
        ..default()
    };
    let border = BorderColor::all(if accepts { ground } else { theme.border });
    let mut button = row.spawn((node, BackgroundColor(ground), border));
    if idle {
        button.insert((Button, CardButton { answer, rest: ground }));
    }
    button.with_children(|button| {
        let (label, key) = if accepts { ("Accept", "A") } else { ("Decline", "D") };
        if acting == Some(answer) {
            let progress = if accepts { "Accepting" } else { "Declining" };
            button.spawn((theme.strong(progress, ink), CardText::Progress));
            return;
        }
        button.spawn(theme.strong(label, ink));
        let cap = Node {
            width: px(20),
            height: px(20),
            justify_content: JustifyContent::Center,
            align_items: AlignItems::Center,
            border: px(1).all(),
            border_radius: BorderRadius::all(px(4)),
            ..default()
        };
        button.spawn((cap, BorderColor::all(ink.with_alpha(0.35)))).with_children(|cap| {
            cap.spawn(theme.small(key, ink.with_alpha(0.85)));
        });
    });
}

fn build_strip(card: &mut ChildSpawnerCommands, entry: &InviteEntry, theme: &InviteQueueTheme) {
    let row = Node {
        align_items: AlignItems::Center,
        column_gap: px(8),
        width: percent(100),
        height: percent(100),
        padding: UiRect::new(px(16), px(16), px(TUCK + 2.0), px(0)),
        ..default()
    };
    card.spawn(row).with_children(|row| {
        row.spawn(avatar(&entry.invite.sender_name, 24.0, theme));
        row.spawn(
            theme.strong(shorten(&entry.invite.sender_name, name_room(theme, 116.0, theme.text_small)), theme.text),
        );
        row.spawn(Node { flex_grow: 1.0, ..default() });
        row.spawn((theme.small(countdown(seconds_left(entry)), theme.text_quiet), CardText::Countdown));
    });
}

fn build_farewell(card: &mut ChildSpawnerCommands, words: &str, good: bool, theme: &InviteQueueTheme) {
    let row = Node {
        align_items: AlignItems::Center,
        column_gap: px(12),
        width: percent(100),
        height: percent(100),
        padding: px(16).all(),
        ..default()
    };
    let dot = Node { width: px(10), height: px(10), border_radius: BorderRadius::MAX, ..default() };
    card.spawn(row).with_children(|row| {
        row.spawn((dot, BackgroundColor(if good { theme.accept } else { theme.text_quiet })));
        row.spawn(theme.strong(shorten(words, name_room(theme, 56.0, theme.text_small)), theme.text));
    });
}

/// How many ems of text fit beside `taken` pixels of a card.
fn name_room(theme: &InviteQueueTheme, taken: f32, size: f32) -> f32 {
    (theme.card_width - taken) / size
}

/// Initials on a disc of the name's own colour.
pub(crate) fn avatar(name: &str, size: f32, theme: &InviteQueueTheme) -> impl Bundle {
    let node = Node {
        width: px(size),
        height: px(size),
        flex_shrink: 0.0,
        justify_content: JustifyContent::Center,
        align_items: AlignItems::Center,
        border_radius: BorderRadius::MAX,
        ..default()
    };
    let letters = (
        Text::new(initials(name)),
        TextFont { font: theme.font_strong.clone().into(), font_size: FontSize::Px(size * 0.4), ..default() },
        TextColor(Color::WHITE),
        TextLayout::no_wrap(),
    );
    (node, BackgroundColor(avatar_colour(name)), children![letters])
}

/// The map, and in its corner who challenges.
fn map_picture(map: &Handle<Image>, sender: &str, theme: &InviteQueueTheme) -> impl Bundle {
    let node = Node {
        width: px(MAP_PICTURE.x),
        height: px(MAP_PICTURE.y),
        flex_shrink: 0.0,
        border_radius: BorderRadius::all(px(6)),
        ..default()
    };
    let corner = Node { position_type: PositionType::Absolute, right: px(-6), bottom: px(-6), ..default() };
    (node, ImageNode::new(map.clone()), children![(corner, children![avatar(sender, 22.0, theme)])])
}

fn countdown_bar(entry: &InviteEntry, theme: &InviteQueueTheme) -> impl Bundle {
    let groove = Node {
        width: percent(100),
        height: px(4),
        flex_shrink: 0.0,
        border_radius: BorderRadius::MAX,
        overflow: Overflow::clip(),
        ..default()
    };
    let lifetime = (entry.invite.expires_at.0 - entry.invite.created_at.0) as f32 / 1000.0;
    let whole = lifetime.max(entry.remaining(Instant::now()).as_secs_f32()).max(1.0);
    let bar = Node { height: percent(100), border_radius: BorderRadius::MAX, ..default() };
    (groove, BackgroundColor(theme.bar_groove), children![(bar, BackgroundColor(theme.bar), CountdownBar { whole })])
}

fn seconds_left(entry: &InviteEntry) -> u64 {
    entry.remaining(Instant::now()).as_secs_f32().ceil() as u64
}

pub(crate) fn count_down(
    mut texts: Query<(Entity, &CardText, &mut Text)>,
    mut bars: Query<(Entity, &CountdownBar, &mut Node, &mut BackgroundColor)>,
    parents: Query<&ChildOf>,
    cards: Query<&InviteCard>,
    queue: Res<InviteQueue>,
    theme: Res<InviteQueueTheme>,
) {
    let entry_of = |part: Entity| {
        let id = parents.iter_ancestors(part).find_map(|ancestor| cards.get(ancestor).ok())?;
        queue.get(id.0)
    };
    for (part, kind, mut text) in &mut texts {
        if *kind != CardText::Countdown {
            continue;
        }
        let Some(entry) = entry_of(part) else { continue };
        let words = countdown(seconds_left(entry));
        if text.0 != words {
            text.0 = words;
        }
    }
    for (part, bar, mut node, mut ground) in &mut bars {
        let Some(entry) = entry_of(part) else { continue };
        let share = (entry.remaining(Instant::now()).as_secs_f32() / bar.whole).clamp(0.0, 1.0);
        node.width = percent(share * 100.0);
        let colour = if share < 0.15 { theme.danger } else { theme.bar };
        ground.set_if_neq(BackgroundColor(colour));
    }
}

/// `Accepting`, `Accepting.`, `Accepting..` on the button that was pressed.
pub(crate) fn show_progress(mut texts: Query<(&CardText, &mut Text)>, time: Res<Time>) {
    let dots = (time.elapsed_secs() * 3.0) as usize % 4;
    for (_, mut text) in texts.iter_mut().filter(|(kind, _)| **kind == CardText::Progress) {
        let words = format!("{}{}", text.0.trim_end_matches('.'), ".".repeat(dots));
        if text.0 != words {
            text.0 = words;
        }
    }
}
