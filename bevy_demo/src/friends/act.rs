//! What the buttons and keys of the column do.

use std::time::Duration;

use bevy::prelude::*;
use bevy_rallypoint::{RallypointCommand, Roster, Whom};
use rallypoint::protocol::{FriendshipId, UserId};

use super::{Drawer, Open, Pending, People, list};
use crate::{
    challenge::ChallengeFriend,
    field::{self, Field},
    game::Opponent,
    session::InvitePerson,
    ui::Press,
};

/// One thing to do about somebody; also on the button that does it.
#[derive(Message, Component, Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Invite(Opponent),
    Challenge(Opponent, String),
    Add(UserId),
    Accept(FriendshipId),
    Decline(FriendshipId),
    /// Ends a friendship, or takes a request back.
    Remove(FriendshipId),
    Block(UserId),
    Unblock(UserId),
    /// Folds a drawer out, or in again.
    Toggle(UserId, Drawer),
}

/// For how long after an act the column hears no other: rows move, and the second press of a double click would hit
/// what has come below the pointer.
pub(super) const REST: Duration = Duration::from_millis(300);

/// When the pointer last did something here.
#[derive(Resource, Default)]
pub(super) struct LastAct(Option<Duration>);

/// The observer of every button with an [`Act`].
pub(super) fn press(
    press: On<Press>,
    buttons: Query<&Act>,
    time: Res<Time<Real>>,
    mut last: ResMut<LastAct>,
    mut acts: MessageWriter<Act>,
) {
    let now = time.elapsed();
    if let Ok(act) = buttons.get(press.0)
        && last.0.is_none_or(|last| now >= last + REST)
    {
        last.0 = Some(now);
        acts.write(act.clone());
    }
}

/// `F` accepts the request on top.
pub(super) fn accept_by_key(
    keys: Res<ButtonInput<KeyCode>>,
    fields: Query<&Field>,
    (people, roster, pending): (Res<People>, Res<Roster>, Res<Pending>),
    mut acts: MessageWriter<Act>,
) {
    if keys.just_pressed(KeyCode::KeyF) && !field::typing(fields) {
        acts.write_batch(list::top_request(&people, &roster, &pending).map(Act::Accept));
    }
}

pub(super) fn carry_out(
    mut acts: MessageReader<Act>,
    mut open: ResMut<Open>,
    mut pending: ResMut<Pending>,
    mut commands: MessageWriter<RallypointCommand>,
    mut invites: MessageWriter<InvitePerson>,
    mut challenges: MessageWriter<ChallengeFriend>,
) {
    for act in acts.read() {
        let command = match act.clone() {
            Act::Invite(person) => {
                invites.write(InvitePerson(person));
                continue;
            }
            Act::Challenge(friend, map) => {
                open.0 = None;
                challenges.write(ChallengeFriend { friend, map });
                continue;
            }
            Act::Toggle(user, drawer) => {
                open.0 = (open.of(user) != Some(drawer)).then_some((user, drawer));
                continue;
            }
            Act::Add(user) => RallypointCommand::RequestFriend(Whom::User(user)),
            Act::Accept(id) => RallypointCommand::AcceptFriend(id),
            Act::Decline(id) => RallypointCommand::DeclineFriend(id),
            Act::Remove(id) => RallypointCommand::RemoveFriend(id),
            Act::Block(user) => RallypointCommand::Block(user),
            Act::Unblock(user) => RallypointCommand::Unblock(user),
        };
        let fresh = match act {
            Act::Accept(id) | Act::Decline(id) | Act::Remove(id) => pending.friendships.insert(*id),
            Act::Add(user) | Act::Block(user) | Act::Unblock(user) => pending.users.insert(*user),
            _ => true,
        };
        if fresh {
            commands.write(command);
        }
    }
}
