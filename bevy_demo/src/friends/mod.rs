//! The column at the right: friends, who asks to be one, and everybody else who is here.

mod act;
mod hear;
mod list;
mod rows;
mod standing;

use std::collections::HashSet;

use bevy::{
    input::mouse::{MouseScrollUnit, MouseWheel},
    prelude::*,
    time::common_conditions::on_timer,
};
use bevy_rallypoint::{InviteQueueExtent, Rallypoint, RallypointCommand, Roster, signed_in};
use rallypoint::protocol::{FriendshipId, User, UserId};

use crate::{
    Screen,
    challenge::Challenges,
    field::{Field, spawn_field},
    maps::Maps,
    session::Outgoing,
    tokens::*,
    ui::{Fonts, column, row},
};

use act::Act;
pub use standing::is_online;

/// Who was found.
#[derive(Resource, Default)]
pub struct People {
    /// What was searched for; nothing: everybody.
    search: String,
    /// Online first. `None` before the first answer.
    pub found: Option<Vec<User>>,
}

impl People {
    /// Whom a search has found.
    fn results(&self) -> Option<&[User]> {
        self.found.as_deref().filter(|_| !self.search.is_empty())
    }
}

/// What is folded out below somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drawer {
    /// The maps for a challenge.
    Maps,
    /// To remove or block.
    More,
}

/// Whose drawer is open: one at a time.
#[derive(Resource, Default)]
struct Open(Option<(UserId, Drawer)>);

impl Open {
    fn of(&self, user: UserId) -> Option<Drawer> {
        self.0.filter(|(whose, _)| *whose == user).map(|(_, drawer)| drawer)
    }
}

/// What the server has been asked and has not answered yet: those buttons rest.
#[derive(Resource, Default)]
struct Pending {
    friendships: HashSet<FriendshipId>,
    users: HashSet<UserId>,
}

/// Whom one has blocked.
#[derive(Resource, Default)]
struct Blocked(HashSet<UserId>);

#[derive(Component)]
struct Panel;

#[derive(Component)]
struct Search;

/// How many friends there are, and online.
#[derive(Component)]
struct Count;

#[derive(Component)]
struct List;

pub struct FriendsPlugin;

impl Plugin for FriendsPlugin {
    fn build(&self, app: &mut App) {
        let lobby = in_state(Screen::Lobby);
        app.init_resource::<People>()
            .init_resource::<Open>()
            .init_resource::<Pending>()
            .init_resource::<Blocked>()
            .init_resource::<act::LastAct>()
            .add_message::<Act>()
            .add_systems(OnEnter(Screen::Lobby), (ask, ask_for_blocked))
            .add_systems(OnExit(Screen::Lobby), fold_up)
            .add_systems(OnEnter(Screen::SignIn), forget)
            .add_systems(
                Update,
                (
                    ask.run_if(signed_in.and_then(on_timer(PEOPLE_REFRESH))),
                    make_room,
                    ask_when_typed,
                    scroll,
                    act::accept_by_key,
                )
                    .distributive_run_if(lobby.clone()),
            )
            .add_systems(
                Update,
                (
                    act::carry_out,
                    hear::replies,
                    hear::news,
                    close_drawer.run_if(resource_changed::<Roster>),
                    (hear::found, count, list::draw.run_if(anything_changed)).chain().run_if(lobby),
                )
                    .chain(),
            );
    }
}

fn forget(
    mut people: ResMut<People>,
    mut open: ResMut<Open>,
    mut pending: ResMut<Pending>,
    mut blocked: ResMut<Blocked>,
) {
    *people = People::default();
    open.0 = None;
    *pending = Pending::default();
    blocked.0.clear();
}

/// The next lobby begins with no search and no drawer.
fn fold_up(mut open: ResMut<Open>, mut people: ResMut<People>) {
    open.0 = None;
    if !people.search.is_empty() {
        *people = People::default();
    }
}

/// A drawer goes with its friend.
fn close_drawer(roster: Res<Roster>, mut open: ResMut<Open>) {
    if open.0.is_some_and(|(user, _)| !roster.friends().iter().any(|friend| friend.user.id == user)) {
        open.0 = None;
    }
}

fn anything_changed(
    people: Res<People>,
    roster: Res<Roster>,
    (outgoing, challenges): (Res<Outgoing>, Res<Challenges>),
    (open, pending, blocked): (Res<Open>, Res<Pending>, Res<Blocked>),
    maps: Res<Maps>,
    fresh: Query<(), Added<List>>,
) -> bool {
    people.is_changed()
        || roster.is_changed()
        || outgoing.is_changed()
        || challenges.is_changed()
        || open.is_changed()
        || pending.is_changed()
        || blocked.is_changed()
        || maps.is_changed()
        || !fresh.is_empty()
}

pub fn spawn_friends(parent: &mut ChildSpawnerCommands, fonts: &Fonts) {
    let panel = Node {
        width: px(PEOPLE),
        flex_shrink: 0.0,
        height: percent(100),
        padding: px(24).all(),
        border: UiRect::left(px(1)),
        ..column(16.0)
    };
    parent.spawn((panel, Panel, BackgroundColor(PANEL.with_alpha(0.86)), BorderColor::all(LINE))).with_children(
        |panel| {
            let head = Node { justify_content: JustifyContent::SpaceBetween, ..row(8.0) };
            panel.spawn(head).with_children(|head| {
                head.spawn(fonts.strong("Friends", BODY + 2.0, TEXT));
                head.spawn((fonts.text("", SMALL, QUIET), Count));
            });
            let field = Field { hint: "Search by name".into(), longest: 32, ..default() };
            let search = spawn_field(panel, fonts, field, Node { width: percent(100), flex_shrink: 0.0, ..default() });
            panel.commands().entity(search).insert(Search);
            let list = Node {
                flex_grow: 1.0,
                flex_basis: px(0),
                min_height: px(0),
                overflow: Overflow::scroll_y(),
                ..column(14.0)
            };
            panel.spawn((List, list, ScrollPosition::default()));
        },
    );
}

/// The invite queue stands in this column: what is below moves down.
fn make_room(extent: Res<InviteQueueExtent>, mut panels: Query<&mut Node, With<Panel>>) {
    let top = if extent.0 > 0.0 { QUEUE_MARGIN + extent.0 + 24.0 } else { 24.0 };
    for mut node in &mut panels {
        if node.padding.top != px(top) {
            node.padding.top = px(top);
        }
    }
}

fn scroll(mut wheel: MessageReader<MouseWheel>, mut lists: Query<(&mut ScrollPosition, &ComputedNode), With<List>>) {
    let down: f32 =
        wheel.read().map(|turn| if turn.unit == MouseScrollUnit::Line { -turn.y * 32.0 } else { -turn.y }).sum();
    if down == 0.0 {
        return;
    }
    for (mut place, node) in &mut lists {
        let hidden = (node.content_size().y - node.size().y).max(0.0) * node.inverse_scale_factor();
        place.0.y = (place.0.y + down).clamp(0.0, hidden);
    }
}

fn ask(search: Query<&Field, With<Search>>, mut commands: MessageWriter<RallypointCommand>) {
    let search = search.single().map(|field| field.text.trim().to_owned()).unwrap_or_default();
    commands.write(RallypointCommand::FindUsers { search });
}

fn ask_for_blocked(mut commands: MessageWriter<RallypointCommand>) {
    commands.write(RallypointCommand::FindBlocked);
}

fn ask_when_typed(
    search: Query<&Field, (With<Search>, Changed<Field>)>,
    mut last: Local<String>,
    mut commands: MessageWriter<RallypointCommand>,
) {
    let Ok(field) = search.single() else { return };
    let text = field.text.trim();
    if *last != text {
        text.clone_into(&mut last);
        commands.write(RallypointCommand::FindUsers { search: last.clone() });
    }
}

fn count(roster: Res<Roster>, client: Res<Rallypoint>, mut counts: Query<&mut Text, With<Count>>) {
    let online = roster.friends().iter().filter(|friend| is_online(friend)).count();
    let words = match (roster.friends().len(), roster.fetched() || client.user().is_none()) {
        (0, true) => String::new(),
        (0, false) => "Asking".into(),
        (all, _) => format!("{online} of {all} online"),
    };
    for mut text in counts.iter_mut().filter(|text| text.0 != words) {
        text.0.clone_from(&words);
    }
}

#[cfg(test)]
mod tests;
