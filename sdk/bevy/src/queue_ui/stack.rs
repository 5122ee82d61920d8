//! The pile of cards: who is in front, what comes and goes, and how it slides.

use std::time::{Duration, Instant};

use bevy::prelude::*;
use rallypoint::{RemovalReason, protocol::InviteId};

use super::{
    card::{FAREWELL_HEIGHT, FRONT_HEIGHT, Face, Phase, Refusal, STRIP_HEIGHT, TUCK},
    text,
    theme::InviteQueueTheme,
};
use crate::{InviteCard, InviteQueue, InviteRemoved, RallypointCommand, RallypointReply};

const PILL_HEIGHT: f32 = 32.0;

/// Which invite the keys act on.
#[derive(Resource, Clone, Debug, Default)]
pub struct FrontInvite {
    pub id: Option<InviteId>,
    /// The queue is folded into a small pill until the player, or a new invite, brings it back.
    pub tucked_away: bool,
    newest: Option<InviteId>,
    /// New invites don't bring the queue back in this frame.
    hold: bool,
}

impl FrontInvite {
    /// Folds the queue away, and keeps it so while this is called every frame before
    /// [`InviteQueueUiSystems::Cards`](crate::InviteQueueUiSystems::Cards).
    pub fn tuck_away(&mut self) {
        self.hold = true;
        self.tucked_away = true;
    }

    pub(crate) fn move_on(&mut self, queue: &InviteQueue) {
        let entries = queue.entries();
        let at = entries.iter().position(|entry| Some(entry.invite.invite_id) == self.id);
        let next = at.map_or(0, |at| (at + 1) % entries.len().max(1));
        self.id = entries.get(next).map(|entry| entry.invite.invite_id);
    }
}

/// How far down the queue reaches from its corner, in logical pixels; 0 while nothing is shown. For layouts that
/// make room.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq)]
pub struct InviteQueueExtent(pub f32);

#[derive(Component)]
pub(crate) struct Root;

/// `2 more`, or the whole queue while it is tucked away.
#[derive(Component)]
pub(crate) struct Pill;

#[derive(Component)]
pub(crate) struct PillText;

/// Where a card is and where it is going, in logical pixels from its place in the corner.
#[derive(Component)]
pub(crate) struct Motion {
    from: Vec2,
    to: Vec2,
    since: Instant,
}

impl Motion {
    fn at(&self, now: Instant, theme: &InviteQueueTheme) -> Vec2 {
        if theme.reduce_motion || theme.motion.is_zero() {
            return self.to;
        }
        let share = (now.saturating_duration_since(self.since).as_secs_f32() / theme.motion.as_secs_f32()).min(1.0);
        self.from.lerp(self.to, 1.0 - (1.0 - share).powi(3))
    }

    fn head_for(&mut self, to: Vec2, now: Instant, theme: &InviteQueueTheme) {
        if self.to != to {
            (self.from, self.to, self.since) = (self.at(now, theme), to, now);
        }
    }
}

pub(crate) fn spawn_root(mut commands: Commands, theme: Res<InviteQueueTheme>) {
    let root = Node {
        position_type: PositionType::Absolute,
        top: px(theme.margin.y),
        right: px(theme.margin.x),
        width: px(theme.card_width),
        ..default()
    };
    let pill = Node {
        position_type: PositionType::Absolute,
        right: px(0),
        height: px(PILL_HEIGHT),
        padding: UiRect::horizontal(px(14)),
        align_items: AlignItems::Center,
        border: px(1).all(),
        border_radius: BorderRadius::MAX,
        display: Display::None,
        ..default()
    };
    commands.spawn((Root, root, GlobalZIndex(theme.z_index))).with_children(|root| {
        root.spawn((
            Pill,
            Button,
            pill,
            BackgroundColor(theme.surface),
            BorderColor::all(theme.border),
            UiTransform::IDENTITY,
            ZIndex(-100),
        ))
        .with_children(|pill| {
            pill.spawn((theme.strong("", theme.text), PillText));
        });
    });
}

/// The corner follows the theme.
pub(crate) fn place_root(theme: Res<InviteQueueTheme>, mut root: Query<&mut Node, With<Root>>) {
    for mut node in &mut root {
        node.top = px(theme.margin.y);
        node.right = px(theme.margin.x);
        node.width = px(theme.card_width);
    }
}

/// A card for every invite that has none yet.
pub(crate) fn welcome(
    queue: Res<InviteQueue>,
    cards: Query<&InviteCard>,
    root: Query<Entity, With<Root>>,
    theme: Res<InviteQueueTheme>,
    mut commands: Commands,
) {
    let Ok(root) = root.single() else { return };
    for entry in queue.entries() {
        let id = entry.invite.invite_id;
        if cards.iter().any(|card| card.0 == id) {
            continue;
        }
        let outside = Vec2::new(theme.card_width + theme.margin.x + 32.0, 0.0);
        let node = Node {
            position_type: PositionType::Absolute,
            top: px(0),
            left: px(0),
            width: percent(100),
            height: px(FRONT_HEIGHT),
            border: px(1).all(),
            border_radius: BorderRadius::all(px(theme.radius)),
            overflow: Overflow::clip(),
            ..default()
        };
        commands.spawn((
            InviteCard(id),
            Phase::Live,
            Refusal::default(),
            Face::default(),
            Motion { from: outside, to: outside, since: Instant::now() },
            node,
            Button,
            BackgroundColor(theme.surface),
            BorderColor::all(theme.border),
            BoxShadow::new(theme.shadow, px(0), px(8), px(0), px(24)),
            UiTransform::IDENTITY,
            ChildOf(root),
        ));
    }
}

/// A card whose invite has gone says why.
pub(crate) fn farewell(
    mut removed: MessageReader<InviteRemoved>,
    mut cards: Query<(Entity, &InviteCard, &mut Phase)>,
    queue: Res<InviteQueue>,
    theme: Res<InviteQueueTheme>,
    mut commands: Commands,
) {
    let now = Instant::now();
    for gone in removed.read() {
        for (_, _, mut phase) in
            cards.iter_mut().filter(|(_, card, phase)| card.0 == gone.entry.invite.invite_id && phase.is_live())
        {
            let (words, good) = text::farewell(&gone.entry, &gone.reason);
            let stay = if gone.reason == RemovalReason::SignedOut { Duration::ZERO } else { theme.farewell };
            *phase = Phase::Farewell { words, good, until: now + stay };
        }
    }
    for (entity, card, mut phase) in &mut cards {
        match &*phase {
            Phase::Live if queue.get(card.0).is_none() => *phase = Phase::Leaving { until: now + theme.motion },
            Phase::Farewell { until, .. } if now >= *until => *phase = Phase::Leaving { until: now + theme.motion },
            Phase::Leaving { until } if now >= *until => commands.entity(entity).despawn(),
            _ => {}
        }
    }
}

/// An answer that was refused is said on the card, while the invite still rings.
pub(crate) fn note_refusals(
    mut replies: MessageReader<RallypointReply>,
    mut asked: MessageReader<RallypointCommand>,
    mut cards: Query<(&InviteCard, &mut Refusal)>,
) {
    let mut note = |id: InviteId, words: Option<String>| {
        for (_, mut refusal) in cards.iter_mut().filter(|(card, _)| card.0 == id) {
            refusal.set_if_neq(Refusal(words.clone()));
        }
    };
    for command in asked.read() {
        if let RallypointCommand::Accept(id) | RallypointCommand::Decline(id) = command {
            note(*id, None);
        }
    }
    for reply in replies.read() {
        if let RallypointReply::InviteAnswered { invite_id, result: Err(error), .. } = reply {
            let words = match error {
                rallypoint::Error::Api(error) => error.message.clone(),
                _ => "No connection. Try again".into(),
            };
            note(*invite_id, Some(words));
        }
    }
}

/// The newest invite comes to the front, unless the player is on another one.
pub(crate) fn choose_front(queue: Res<InviteQueue>, mut front: ResMut<FrontInvite>) {
    let newest = queue.entries().first().map(|entry| entry.invite.invite_id);
    let hold = front.hold;
    if hold {
        front.hold = false;
    }
    if front.newest != newest {
        if newest > front.newest {
            front.tucked_away &= hold;
            // The player is answering: the one in front stays.
            let busy = front
                .id
                .and_then(|id| queue.get(id))
                .is_some_and(|entry| entry.state != rallypoint::InviteState::Ringing);
            if !busy {
                front.id = newest;
            }
        }
        front.newest = newest;
    }
    if front.id.is_none_or(|id| queue.get(id).is_none()) && front.id != newest {
        front.id = newest;
    }
}

pub(crate) fn show_pill(
    queue: Res<InviteQueue>,
    front: Res<FrontInvite>,
    theme: Res<InviteQueueTheme>,
    mut pill: Query<(&mut Node, &mut UiTransform), With<Pill>>,
    mut label: Query<&mut Text, With<PillText>>,
) {
    let Ok((mut node, mut place)) = pill.single_mut() else { return };
    let count = queue.entries().len();
    let hidden = if front.tucked_away { count } else { count.saturating_sub(1 + theme.behind) };
    let display = if hidden == 0 { Display::None } else { Display::Flex };
    if node.display != display {
        node.display = display;
    }
    let words = match (front.tucked_away, hidden) {
        (true, 1) => "1 invite waits".to_owned(),
        (true, n) => format!("{n} invites wait"),
        (false, n) => format!("{n} more"),
    };
    if let Ok(mut text) = label.single_mut()
        && text.0 != words
    {
        text.0 = words;
    }
    let y = if front.tucked_away { 0.0 } else { strip_top(theme.behind) + STRIP_HEIGHT + 8.0 };
    place.set_if_neq(UiTransform::from_translation(Val2::px(0.0, y)));
}

/// Top of the `n`th card behind the front one (from 1).
fn strip_top(n: usize) -> f32 {
    FRONT_HEIGHT - TUCK + (n.max(1) - 1) as f32 * (STRIP_HEIGHT - TUCK)
}

/// Gives every card its place, moves it there, and acknowledges what can be seen.
pub(crate) fn arrange(
    mut cards: Query<(&InviteCard, &Phase, &mut Motion, &mut UiTransform, &mut ZIndex)>,
    queue: Res<InviteQueue>,
    front: Res<FrontInvite>,
    theme: Res<InviteQueueTheme>,
    mut commands: MessageWriter<RallypointCommand>,
    mut extent: ResMut<InviteQueueExtent>,
    mut shown: Local<Vec<InviteId>>,
) {
    let now = Instant::now();
    let outside = theme.card_width + theme.margin.x + 32.0;
    let order: Vec<InviteId> = front
        .id
        .into_iter()
        .chain(queue.entries().iter().map(|entry| entry.invite.invite_id).filter(|id| Some(*id) != front.id))
        .collect();
    // Cards that say farewell stay on top; the pile waits below them. Folded away, there is room for neither.
    let parting = |phase: &Phase| !front.tucked_away && matches!(phase, Phase::Farewell { .. });
    let goodbyes = cards.iter().filter(|(_, phase, ..)| parting(phase)).count();
    let pile = goodbyes as f32 * (FAREWELL_HEIGHT + 8.0);
    shown.retain(|id| queue.get(*id).is_some());
    let waiting = queue.entries().len();
    extent.set_if_neq(InviteQueueExtent(match (front.tucked_away, waiting) {
        (_, 0) => pile,
        (true, _) => pile + PILL_HEIGHT,
        (false, 1) => pile + FRONT_HEIGHT,
        (false, n) if n > theme.behind + 1 => pile + strip_top(theme.behind) + STRIP_HEIGHT + 8.0 + PILL_HEIGHT,
        (false, n) => pile + strip_top(n - 1) + STRIP_HEIGHT,
    }));

    let mut goodbye = 0;
    for (card, phase, mut motion, mut place, mut z) in &mut cards {
        let (to, depth) = match phase {
            Phase::Live => {
                let Some(n) = order.iter().position(|id| *id == card.0) else { continue };
                let visible = !front.tucked_away && n <= theme.behind;
                let y = if n == 0 { pile } else { pile + strip_top(n.min(theme.behind.max(1))) };
                if visible && !shown.contains(&card.0) {
                    shown.push(card.0);
                    commands.write(RallypointCommand::Shown(card.0));
                }
                (Vec2::new(if visible { 0.0 } else { outside }, y), -(n as i32))
            }
            Phase::Farewell { .. } if front.tucked_away => (Vec2::new(outside, motion.to.y), 1),
            Phase::Farewell { .. } => {
                goodbye += 1;
                (Vec2::new(0.0, (goodbye - 1) as f32 * (FAREWELL_HEIGHT + 8.0)), 1)
            }
            Phase::Leaving { .. } => (Vec2::new(outside, motion.to.y), 1),
        };
        if motion.from == motion.to && motion.to.x == outside && to.x == 0.0 {
            // New cards slide in on their own line.
            (motion.from.y, motion.to.y) = (to.y, to.y);
        }
        motion.head_for(to, now, &theme);
        let at = motion.at(now, &theme);
        place.set_if_neq(UiTransform::from_translation(Val2::px(at.x, at.y)));
        z.set_if_neq(ZIndex(depth));
    }
}
