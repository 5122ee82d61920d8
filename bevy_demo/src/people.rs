//! The people at the right: search, who is online, and a button to invite them.

use bevy::{prelude::*, time::common_conditions::on_timer};
use bevy_rallypoint::{
    InviteQueueExtent, PresenceChanged, Rallypoint, RallypointCommand, RallypointReply, shorten, signed_in,
};
use rallypoint::protocol::User;

use crate::{
    Options, Screen,
    field::{Field, spawn_field},
    game::Opponent,
    lobby::progress_word,
    session::{InvitePerson, Outgoing, Progress},
    tokens::*,
    ui::{Fonts, Press, Weight, avatar, button, column, dot, row},
};

/// Who was found, online first. `None` before the first answer.
#[derive(Resource, Default)]
pub struct People(pub Option<Vec<User>>);

#[derive(Component)]
struct Panel;

#[derive(Component)]
struct Search;

#[derive(Component)]
struct List;

/// The invite button of one person.
#[derive(Component, Clone)]
struct Invites(User);

pub struct PeoplePlugin;

impl Plugin for PeoplePlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<People>()
            .add_systems(OnEnter(Screen::Lobby), ask)
            .add_systems(
                Update,
                (
                    ask.run_if(in_state(Screen::Lobby).and_then(signed_in).and_then(on_timer(PEOPLE_REFRESH))),
                    make_room.run_if(in_state(Screen::Lobby)),
                    ask_when_typed.run_if(in_state(Screen::Lobby)),
                    (follow, draw_list).chain().run_if(in_state(Screen::Lobby)),
                ),
            )
            .add_systems(OnEnter(Screen::SignIn), |mut people: ResMut<People>| people.0 = None);
    }
}

pub fn spawn_people(parent: &mut ChildSpawnerCommands, fonts: &Fonts) {
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
            panel.spawn(fonts.strong("People", BODY + 2.0, TEXT));
            let field = Field { hint: "Search by name".into(), longest: 32, ..default() };
            let search = spawn_field(panel, fonts, field, Node { width: percent(100), flex_shrink: 0.0, ..default() });
            panel.commands().entity(search).insert(Search);
            panel.spawn((List, Node { overflow: Overflow::clip_y(), ..column(4.0) }));
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

fn ask(search: Query<&Field, With<Search>>, mut commands: MessageWriter<RallypointCommand>) {
    let search = search.single().map(|field| field.text.trim().to_owned()).unwrap_or_default();
    commands.write(RallypointCommand::FindUsers { search });
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

fn follow(
    mut replies: MessageReader<RallypointReply>,
    mut presences: MessageReader<PresenceChanged>,
    search: Query<&Field, With<Search>>,
    client: Res<Rallypoint>,
    mut people: ResMut<People>,
) {
    let me = client.user().map(|user| user.id);
    let wanted = search.single().map(|field| field.text.trim().to_owned()).unwrap_or_default();
    for reply in replies.read() {
        // Answers to what was typed before are stale.
        if let RallypointReply::UsersFound { search, result: Ok(users) } = reply
            && *search == wanted
        {
            let mut found: Vec<User> = users.iter().filter(|user| Some(user.id) != me).cloned().collect();
            found.sort_by_key(|user| (!user.online, user.display_name.to_lowercase(), user.id));
            if people.0.as_ref() != Some(&found) {
                people.0 = Some(found);
            }
        }
    }
    for PresenceChanged(presence) in presences.read() {
        let known = people.0.as_ref().and_then(|people| people.iter().position(|user| user.id == presence.user_id));
        if let (Some(at), Some(list)) = (known, people.0.as_mut()) {
            list[at].online = presence.online;
        }
    }
}

fn draw_list(
    list: Query<(Entity, Ref<List>)>,
    people: Res<People>,
    outgoing: Res<Outgoing>,
    search: Query<&Field, With<Search>>,
    fonts: Res<Fonts>,
    options: Res<Options>,
    mut commands: Commands,
) {
    let Ok((list, fresh)) = list.single() else { return };
    if !people.is_changed() && !outgoing.is_changed() && !fresh.is_added() {
        return;
    }
    let searching = search.single().is_ok_and(|field| !field.text.trim().is_empty());
    let mut list = commands.entity(list);
    list.despawn_related::<Children>();
    list.with_children(|list| match people.0.as_deref() {
        None => {
            list.spawn(fonts.text("Looking around", SMALL + 1.0, QUIET));
        }
        Some([]) if searching => {
            list.spawn(fonts.text("Nobody has such a name. Try the first letters.", SMALL + 1.0, QUIET));
        }
        Some([]) => {
            list.spawn(fonts.text("Nobody else is here yet.", SMALL + 1.0, TEXT));
            let command = format!("rallypoint-demo --server {} --name Sam", options.server);
            list.spawn(fonts.text("Start a second copy to play against yourself:", SMALL, QUIET));
            list.spawn(fonts.text(command, SMALL, WARM));
        }
        Some(found) => {
            for user in found.iter().take(12) {
                person(list, &fonts, user, outgoing.to(user.id).map(|invite| &invite.progress));
            }
        }
    });
}

fn person(list: &mut ChildSpawnerCommands, fonts: &Fonts, user: &User, progress: Option<&Progress>) {
    let name = user.full_name();
    list.spawn(Node { height: px(52), ..row(12.0) }).with_children(|line| {
        line.spawn(avatar(fonts, &name, 32.0));
        let words = Node { flex_grow: 1.0, flex_basis: px(0), overflow: Overflow::clip_x(), ..column(2.0) };
        line.spawn(words).with_children(|words| {
            words.spawn((fonts.strong(shorten(&name, 10.5), SMALL + 1.0, TEXT), TextLayout::no_wrap()));
            words.spawn(row(6.0)).with_children(|status| {
                let (word, colour) = if user.online { ("Online", GREEN) } else { ("Offline", QUIET) };
                status.spawn(dot(colour));
                status.spawn(fonts.text(word, SMALL, QUIET));
            });
        });
        match progress {
            Some(progress @ (Progress::Sending | Progress::Sent | Progress::Seen | Progress::Accepted)) => {
                let (word, colour) = progress_word(progress);
                line.spawn(fonts.strong(word, SMALL, colour));
            }
            _ if user.online => {
                let entity = button(line, fonts, "Invite", Weight::Quiet, invite);
                line.commands().entity(entity).insert(Invites(user.clone()));
            }
            _ => {}
        }
    });
}

fn invite(press: On<Press>, people: Query<&Invites>, mut wishes: MessageWriter<InvitePerson>) {
    if let Ok(Invites(user)) = people.get(press.0) {
        wishes.write(InvitePerson(Opponent { id: user.id, name: user.full_name() }));
    }
}
