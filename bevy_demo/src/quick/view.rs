//! The queue as whoever waits in it sees it.

use bevy::prelude::*;
use bevy_rallypoint::InviteQueueTheme;
use rallypoint::protocol::matchmaking::QueueTicket;

use super::{Notice, Quick, QuickWish, Wanted};
use crate::{
    tokens::*,
    ui::{Fonts, Press, Weight, button, card, column, row},
};

/// Ratings this far from one's own fill the bar.
const WIDEST: f32 = 500.0;
/// How much of the way to its new width the bar goes in a second, as a power of e.
const SWING: f32 = 4.0;

/// A line of the view that changes while one waits.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Waited,
    Place,
    Estimate,
    Window,
}

/// The part of the bar that shows whom one may meet, and how wide it is now, from 0 to 1.
#[derive(Component, Default)]
pub(super) struct Reach(f32);

/// The queue's card for the middle of the lobby.
pub fn spawn_queue_view(centre: &mut ChildSpawnerCommands, fonts: &Fonts, wanted: Wanted, notice: &Notice) {
    if let Some(words) = &notice.0 {
        let node = Node { width: percent(100), max_width: px(560), padding: UiRect::axes(px(20), px(14)), ..default() };
        centre.spawn((card(node), children![fonts.text(words.clone(), SMALL + 1.0, WARM)]));
    }
    let body = Node { width: percent(100), max_width: px(560), padding: px(28).all(), ..column(24.0) };
    centre.spawn(card(body)).with_children(|body| {
        let head = Node { justify_content: JustifyContent::SpaceBetween, ..row(16.0) };
        body.spawn(head).with_children(|head| {
            head.spawn(column(2.0)).with_children(|time| {
                time.spawn(fonts.text("Waiting", SMALL, QUIET));
                time.spawn((fonts.strong("0:00", TITLE * 1.6, WARM), Line::Waited));
            });
            let facts = Node { align_items: AlignItems::FlexEnd, ..column(6.0) };
            head.spawn(facts).with_children(|facts| {
                facts.spawn((fonts.strong("", BODY, TEXT), Line::Place));
                facts.spawn((fonts.text("", SMALL + 1.0, QUIET), Line::Estimate));
            });
        });
        body.spawn(column(10.0)).with_children(|window| {
            if wanted.ranked {
                bar(window);
            }
            window.spawn((fonts.text("", SMALL + 1.0, TEXT), Line::Window));
        });
        let foot = Node { justify_content: JustifyContent::SpaceBetween, ..row(16.0) };
        body.spawn(foot).with_children(|foot| {
            foot.spawn(fonts.text("Invites still ring while you wait.", SMALL, QUIET));
            let leave = |_: On<Press>, mut wishes: MessageWriter<QuickWish>| {
                wishes.write(QuickWish::Leave);
            };
            button(foot, fonts, "Cancel (Q)", Weight::Quiet, leave);
        });
    });
}

/// Ratings from left to right, one's own in the middle.
fn bar(parent: &mut ChildSpawnerCommands) {
    let track = Node {
        width: percent(100),
        height: px(10),
        justify_content: JustifyContent::Center,
        align_items: AlignItems::Center,
        border_radius: BorderRadius::MAX,
        ..default()
    };
    let fill = Node { width: percent(0), height: percent(100), border_radius: BorderRadius::MAX, ..default() };
    let own = Node {
        position_type: PositionType::Absolute,
        width: px(4),
        height: px(18),
        border_radius: BorderRadius::MAX,
        ..default()
    };
    parent.spawn((track, BackgroundColor(LINE))).with_children(|track| {
        track.spawn((fill, BackgroundColor(COOL.with_alpha(0.7)), Reach::default()));
        track.spawn((own, BackgroundColor(WARM)));
    });
}

pub(super) fn show(
    quick: Res<Quick>,
    wanted: Res<Wanted>,
    theme: Res<InviteQueueTheme>,
    time: Res<Time>,
    mut lines: Query<(&Line, &mut Text)>,
    mut reaches: Query<(&mut Reach, &mut Node)>,
) {
    let ticket = if let Quick::Waiting { ticket, .. } = &*quick { Some(ticket) } else { None };
    for (line, mut text) in &mut lines {
        let words = match (line, ticket) {
            (Line::Waited, _) => clock(quick.waited().as_secs()),
            (_, None) if *quick == Quick::Leaving && *line == Line::Place => "Leaving the queue".into(),
            (Line::Place, None) => "Getting a place".into(),
            (Line::Place, Some(ticket)) => place_words(ticket),
            (Line::Estimate, Some(ticket)) => estimate_words(ticket),
            (Line::Window, Some(ticket)) => window_words(ticket, wanted.ranked),
            (_, None) => String::new(),
        };
        if text.0 != words {
            text.0 = words;
        }
    }
    let wide = ticket.map_or(0.0, |ticket| ticket.window.map_or(1.0, |window| (window as f32 / WIDEST).min(0.94)));
    let kept = if theme.reduce_motion { 0.0 } else { (-SWING * time.delta_secs()).exp() };
    for (mut reach, mut node) in &mut reaches {
        reach.0 = wide + (reach.0 - wide) * kept;
        node.width = percent(reach.0 * 100.0);
    }
}

fn clock(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

fn place_words(ticket: &QueueTicket) -> String {
    if ticket.queue_size <= 1 {
        "You are the first".into()
    } else {
        format!("Place {} of {}", ticket.position, ticket.queue_size)
    }
}

fn estimate_words(ticket: &QueueTicket) -> String {
    match ticket.estimate_seconds {
        Some(seconds) if seconds < 5 => "Usually a few seconds".into(),
        Some(seconds) if seconds < 90 => format!("Usually about {seconds} s"),
        Some(seconds) => format!("Usually about {} min", seconds.div_ceil(60)),
        None => "No telling how long".into(),
    }
}

fn window_words(ticket: &QueueTicket, ranked: bool) -> String {
    let rating = ticket.rating.filter(|_| ranked);
    match (ticket.window, rating) {
        _ if !ranked => "Not ranked: against anyone, and no rating changes.".into(),
        (Some(window), Some(rating)) => {
            let window = i32::try_from(window).unwrap_or(i32::MAX);
            let (low, high) = (rating.saturating_sub(window).max(0), rating.saturating_add(window));
            format!("Your rating is {rating}. Looking from {low} to {high}, wider the longer it takes.")
        }
        (None, Some(rating)) => format!("Your rating is {rating}. By now anyone will do."),
        (_, None) => "Looking for an even match, wider the longer it takes.".into(),
    }
}

#[cfg(test)]
mod tests {
    use rallypoint::protocol::TicketId;

    use super::*;

    fn ticket(window: Option<u32>) -> QueueTicket {
        QueueTicket {
            ticket_id: TicketId(1),
            position: 1,
            queue_size: 2,
            waiting_seconds: 65,
            estimate_seconds: Some(12),
            window,
            rating: Some(1500),
        }
    }

    #[test]
    fn the_queue_speaks_plainly() {
        let narrow = ticket(Some(120));
        assert_eq!(clock(narrow.waiting_seconds), "1:05");
        assert_eq!(place_words(&narrow), "Place 1 of 2");
        assert_eq!(estimate_words(&narrow), "Usually about 12 s");
        assert!(window_words(&narrow, true).contains("from 1380 to 1620"));
        assert!(window_words(&ticket(None), true).ends_with("anyone will do."));
        assert!(window_words(&narrow, false).starts_with("Not ranked"));
    }
}
