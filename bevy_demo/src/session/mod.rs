//! The session one hosts, the invites one has sent, and the ways into a game.

mod callers;
mod host;
mod invites;
mod join;

use bevy::prelude::*;

use crate::Screen;

use callers::Callers;
use host::Making;
pub use host::{Host, MySession, StopHosting};
pub use invites::{InvitePerson, Outgoing, Progress};
pub use join::JoinByCode;

pub struct SessionPlugin;

impl Plugin for SessionPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<MySession>()
            .init_resource::<Outgoing>()
            .init_resource::<Making>()
            .init_resource::<Callers>()
            .add_message::<Host>()
            .add_message::<StopHosting>()
            .add_message::<InvitePerson>()
            .add_message::<JoinByCode>()
            .add_systems(
                Update,
                (
                    callers::note,
                    (host::begin, host::stop, invites::send, join::ask).chain(),
                    (host::follow_replies, invites::follow_replies, join::follow_replies, callers::follow_replies)
                        .chain(),
                    (invites::follow, host::follow).chain(),
                )
                    .chain(),
            )
            .add_systems(OnEnter(Screen::Connecting), host::close_others)
            .add_systems(OnEnter(Screen::Match), host::close_others)
            .add_systems(OnEnter(Screen::SignIn), forget);
    }
}

fn forget(
    mut session: ResMut<MySession>,
    mut outgoing: ResMut<Outgoing>,
    mut making: ResMut<Making>,
    mut callers: ResMut<Callers>,
) {
    session.0 = None;
    outgoing.0.clear();
    *making = Making::default();
    *callers = Callers::default();
}

#[cfg(test)]
pub(crate) mod tests;
