//! The column's list, drawn anew when something in it has changed.

use bevy::{ecs::system::SystemParam, prelude::*};
use bevy_rallypoint::Roster;
use rallypoint::protocol::{
    FriendshipId, User, UserId,
    social::{Friend, FriendshipStatus},
};

use super::{Blocked, List, Open, Pending, People, rows, standing::Standing};
use crate::{
    Options,
    challenge::Challenges,
    lobby::progress_word,
    maps::Maps,
    session::{Outgoing, Progress},
    tokens::*,
    ui::{Fonts, column},
    words::capitalised,
};

/// People shown at once besides friends.
const MOST: usize = 12;

/// What is known about those who are listed.
#[derive(SystemParam)]
pub(super) struct Known<'w> {
    people: Res<'w, People>,
    roster: Res<'w, Roster>,
    outgoing: Res<'w, Outgoing>,
    challenges: Res<'w, Challenges>,
    pub(super) open: Res<'w, Open>,
    pub(super) pending: Res<'w, Pending>,
    pub(super) blocked: Res<'w, Blocked>,
    pub(super) maps: Res<'w, Maps>,
    pub(super) fonts: Res<'w, Fonts>,
}

impl Known<'_> {
    /// Whether `F` accepts this request.
    pub(super) fn is_top(&self, request: FriendshipId) -> bool {
        top_request(&self.people, &self.roster, &self.pending) == Some(request)
    }

    /// How far an invite or a challenge to somebody has come, while it waits for an answer.
    pub(super) fn progress(&self, user: UserId) -> Option<(String, Color)> {
        let waits = |progress: &Progress| matches!(progress, Progress::Sending | Progress::Sent | Progress::Seen);
        if let Some((progress, map)) = self.challenges.to(user).filter(|(progress, _)| waits(progress)) {
            let (word, colour) = progress_word(progress);
            let word = if *progress == Progress::Sent { "Challenged".into() } else { word };
            return Some((format!("{word}: {}", capitalised(map)), colour));
        }
        let progress = self.outgoing.to(user).map(|invite| &invite.progress);
        progress.filter(|progress| waits(progress) || **progress == Progress::Accepted).map(progress_word)
    }
}

/// The topmost request that is listed and has not been answered.
pub(super) fn top_request(people: &People, roster: &Roster, pending: &Pending) -> Option<FriendshipId> {
    let waits = |friend: &&Friend| {
        friend.incoming
            && friend.status == FriendshipStatus::Pending
            && !pending.friendships.contains(&friend.friendship_id)
    };
    let top = match people.results() {
        Some(found) => shown(found).filter_map(|user| roster.with(user.id)).find(waits),
        None => roster.incoming().find(waits),
    };
    top.map(|friend| friend.friendship_id)
}

fn shown(found: &[User]) -> impl Iterator<Item = &User> {
    found.iter().take(MOST)
}

pub(super) fn draw(list: Query<Entity, With<List>>, known: Known, options: Res<Options>, mut commands: Commands) {
    let Ok(list) = list.single() else { return };
    let mut list = commands.entity(list);
    list.despawn_related::<Children>();
    list.with_children(|list| match known.people.results() {
        Some(found) => results(list, &known, found),
        None => everybody(list, &known, &options),
    });
}

fn results(list: &mut ChildSpawnerCommands, known: &Known, found: &[User]) {
    if found.is_empty() {
        list.spawn(known.fonts.text("Nobody has such a name. Try the first letters.", SMALL + 1.0, QUIET));
    }
    for user in shown(found) {
        match known.roster.with(user.id) {
            Some(friend) => row_of(list, known, friend),
            None => rows::stranger(list, known, user),
        }
    }
}

fn row_of(list: &mut ChildSpawnerCommands, known: &Known, friend: &Friend) {
    match (friend.status, friend.incoming) {
        (FriendshipStatus::Accepted, _) => rows::friend(list, known, friend),
        (_, true) => rows::request(list, known, friend),
        (_, false) => rows::asked(list, known, friend),
    }
}

fn everybody(list: &mut ChildSpawnerCommands, known: &Known, options: &Options) {
    let roster = &known.roster;
    let fonts = &known.fonts;
    for friend in roster.incoming() {
        rows::request(list, known, friend);
    }
    let mut friends: Vec<&Friend> = roster.friends().iter().collect();
    friends
        .sort_by_key(|friend| (Standing::of(friend).rank(), friend.user.display_name.to_lowercase(), friend.user.id));
    for friend in &friends {
        rows::friend(list, known, friend);
    }
    for friend in roster.outgoing() {
        rows::asked(list, known, friend);
    }
    let nobody = roster.fetched() && friends.is_empty() && roster.incoming().next().is_none();
    let Some(people) = &known.people.found else {
        list.spawn(fonts.text("Looking around", SMALL + 1.0, QUIET));
        return;
    };
    let mut others = people
        .iter()
        .filter(|user| roster.with(user.id).is_none() && !known.blocked.0.contains(&user.id))
        .take(MOST)
        .peekable();
    if nobody {
        let words =
            if others.peek().is_some() { "No friends yet: add somebody who is here." } else { "No friends yet." };
        list.spawn(fonts.text(words, SMALL + 1.0, QUIET));
    }
    if others.peek().is_some() {
        list.spawn((fonts.strong("Also here", SMALL, QUIET), Node { margin: UiRect::top(px(4)), ..default() }));
    } else if people.is_empty() {
        list.spawn(column(4.0)).with_children(|hint| {
            hint.spawn(fonts.text("Nobody else is here yet.", SMALL + 1.0, TEXT));
            hint.spawn(fonts.text("Start a second copy to play against yourself:", SMALL, QUIET));
            let command = format!("rallypoint-demo --server {} --name Sam", options.server);
            hint.spawn(fonts.text(command, SMALL, WARM));
        });
    }
    for user in others {
        rows::stranger(list, known, user);
    }
}
