//! One person in a row, and what can be done about that one.

use bevy::prelude::*;
use bevy_rallypoint::shorten;
use rallypoint::protocol::{User, social::Friend};

use super::{
    Drawer,
    act::Act,
    list::Known,
    standing::{Standing, words},
};
use crate::{
    game::Opponent,
    tokens::*,
    ui::{Fonts, Weight, avatar, button, column, dot, pressable, ring, row},
    words::capitalised,
};

const AVATAR: f32 = 32.0;
const GAP: f32 = 10.0;
/// A map in the chooser: three side by side.
const PICTURE: Vec2 = Vec2::new(86.0, 54.0);

pub(super) fn friend(list: &mut ChildSpawnerCommands, known: &Known, friend: &Friend) {
    let user = &friend.user;
    let open = known.open.of(user.id);
    let standing = Standing::of(friend);
    let says = words(friend);
    list.spawn(Node { flex_shrink: 0.0, ..column(8.0) }).with_children(|body| {
        body.spawn(row(GAP)).with_children(|line| {
            who(line, &known.fonts, user, 14.0, (&says, Mark::of(standing)));
            does(line, known, "…", false, Act::Toggle(user.id, Drawer::More));
        });
        let playable = matches!(standing, Standing::Online | Standing::Away);
        let progress = known.progress(user.id);
        let free = playable && progress.is_none();
        if playable {
            under(body).with_children(|line| match progress {
                Some((word, colour)) => _ = line.spawn(known.fonts.strong(word, SMALL, colour)),
                None => {
                    does(line, known, "Invite", false, Act::Invite(opponent(user)));
                    does(line, known, "Challenge", false, Act::Toggle(user.id, Drawer::Maps));
                }
            });
        }
        match open {
            Some(Drawer::Maps) if free => maps(body, known, user),
            Some(Drawer::More) => {
                _ = under(body).with_children(|line| {
                    let rests = known.pending.friendships.contains(&friend.friendship_id);
                    does(line, known, "Remove friend", rests, Act::Remove(friend.friendship_id));
                    does(line, known, "Block", known.pending.users.contains(&user.id), Act::Block(user.id));
                })
            }
            Some(Drawer::Maps) | None => {}
        }
    });
}

/// Somebody who asks.
pub(super) fn request(list: &mut ChildSpawnerCommands, known: &Known, friend: &Friend) {
    let (user, id) = (&friend.user, friend.friendship_id);
    let rests = known.pending.friendships.contains(&id);
    let frame = Node {
        flex_shrink: 0.0,
        padding: px(12).all(),
        border: px(1).all(),
        border_radius: BorderRadius::all(px(RADIUS)),
        ..column(10.0)
    };
    list.spawn((frame, BorderColor::all(WARM.with_alpha(0.45)), BackgroundColor(GROUND.with_alpha(0.5))))
        .with_children(|body| {
            body.spawn(row(GAP)).with_children(|line| {
                who(line, &known.fonts, user, 13.0, ("Asks to be your friend", Mark::Dot(WARM)));
            });
            body.spawn(row(8.0)).with_children(|line| {
                let weight = if rests { Weight::SmallDisabled } else { Weight::SmallFilled };
                let words = if known.is_top(id) { "Accept (F)" } else { "Accept" };
                let accept = button(line, &known.fonts, words, weight, super::act::press);
                line.commands().entity(accept).insert(Act::Accept(id));
                does(line, known, "Decline", rests, Act::Decline(id));
                does(line, known, "Block", rests || known.pending.users.contains(&user.id), Act::Block(user.id));
            });
        });
}

/// Somebody whom one has asked.
pub(super) fn asked(list: &mut ChildSpawnerCommands, known: &Known, friend: &Friend) {
    list.spawn(Node { flex_shrink: 0.0, ..row(GAP) }).with_children(|line| {
        who(line, &known.fonts, &friend.user, 10.0, ("Asked to be a friend", Mark::Dot(QUIET)));
        let rests = known.pending.friendships.contains(&friend.friendship_id);
        does(line, known, "Take back", rests, Act::Remove(friend.friendship_id));
    });
}

/// Somebody with whom there is nothing yet.
pub(super) fn stranger(list: &mut ChildSpawnerCommands, known: &Known, user: &User) {
    let rests = known.pending.users.contains(&user.id);
    let blocked = known.blocked.0.contains(&user.id);
    let (word, colour) = match (blocked, user.online) {
        (true, _) => ("Blocked", RED),
        (false, true) => ("Online", GREEN),
        (false, false) => ("Offline", QUIET),
    };
    list.spawn(Node { flex_shrink: 0.0, ..row(GAP) }).with_children(|line| {
        who(line, &known.fonts, user, if user.online && !blocked { 6.0 } else { 10.0 }, (word, Mark::Dot(colour)));
        if blocked {
            does(line, known, "Unblock", rests, Act::Unblock(user.id));
            return;
        }
        line.spawn(row(6.0)).with_children(|line| {
            match known.progress(user.id) {
                Some((word, colour)) => _ = line.spawn(known.fonts.strong(word, SMALL, colour)),
                None if user.online => does(line, known, "Invite", false, Act::Invite(opponent(user))),
                None => {}
            }
            does(line, known, "Add friend", rests, Act::Add(user.id));
        });
    });
}

fn opponent(user: &User) -> Opponent {
    Opponent { id: user.id, name: user.full_name() }
}

/// What stands before a word about somebody.
#[derive(Clone, Copy)]
enum Mark {
    Dot(Color),
    /// Nobody looks.
    Ring(Color),
}

impl Mark {
    fn of(standing: Standing) -> Self {
        match standing {
            Standing::Away => Self::Ring(standing.colour()),
            _ => Self::Dot(standing.colour()),
        }
    }
}

/// Avatar, name and what that one does; `room` is for the name, in ems.
fn who(line: &mut ChildSpawnerCommands, fonts: &Fonts, user: &User, room: f32, (word, mark): (&str, Mark)) {
    let name = user.full_name();
    line.spawn(avatar(fonts, &name, AVATAR));
    let words =
        Node { flex_grow: 1.0, flex_basis: px(0), min_width: px(0), overflow: Overflow::clip_x(), ..column(2.0) };
    line.spawn(words).with_children(|words| {
        words.spawn((fonts.strong(shorten(&name, room), SMALL + 1.0, TEXT), TextLayout::no_wrap()));
        words.spawn(row(6.0)).with_children(|status| {
            match mark {
                Mark::Dot(colour) => status.spawn(dot(colour)),
                Mark::Ring(colour) => status.spawn(ring(colour)),
            };
            let word = shorten(word, room * 1.05 + 0.6);
            status.spawn((fonts.text(word, SMALL, QUIET), TextLayout::no_wrap()));
        });
    });
}

/// A line below somebody's name.
fn under<'a>(body: &'a mut ChildSpawnerCommands) -> EntityCommands<'a> {
    body.spawn(Node { margin: UiRect::left(px(AVATAR + GAP)), min_height: px(28), ..row(8.0) })
}

fn does(line: &mut ChildSpawnerCommands, known: &Known, words: &str, rests: bool, act: Act) {
    let weight = if rests { Weight::SmallDisabled } else { Weight::Small };
    let entity = button(line, &known.fonts, words, weight, super::act::press);
    line.commands().entity(entity).insert(act);
}

/// The maps side by side; pressing one challenges on it.
fn maps(body: &mut ChildSpawnerCommands, known: &Known, user: &User) {
    let line = Node { flex_wrap: FlexWrap::Wrap, row_gap: px(8), ..row(10.0) };
    body.spawn(line).with_children(|line| {
        for map in &known.maps.names {
            let node = Node {
                align_items: AlignItems::Center,
                padding: UiRect::bottom(px(4)),
                border_radius: BorderRadius::all(px(8)),
                ..column(4.0)
            };
            let act = Act::Challenge(opponent(user), map.clone());
            line.spawn((pressable(LINE.with_alpha(0.04)), node, act)).observe(super::act::press).with_children(
                |choice| {
                    let frame = Node {
                        width: px(PICTURE.x),
                        height: px(PICTURE.y),
                        border: px(1).all(),
                        border_radius: BorderRadius::all(px(8)),
                        ..default()
                    };
                    let mut picture = choice.spawn((frame, BorderColor::all(LINE.with_alpha(0.4))));
                    match known.maps.picture(map) {
                        Some(image) => picture.insert(ImageNode::new(image)),
                        None => picture.insert(BackgroundColor(GROUND)),
                    };
                    choice
                        .spawn((known.fonts.text(shorten(&capitalised(map), 6.0), SMALL, TEXT), TextLayout::no_wrap()));
                },
            );
        }
    });
}
