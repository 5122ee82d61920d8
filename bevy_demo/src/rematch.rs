//! Once more against the same opponent: a session and an invite, or the acceptance of theirs.

use bevy::prelude::*;
use bevy_rallypoint::{InviteQueue, Rallypoint, RallypointCommand};
use rallypoint::{InviteEntry, InviteState, protocol::UserId};

use crate::{
    Screen,
    game::{MatchEnd, Opponent, StartPractice},
    session::{InvitePerson, Outgoing, Progress},
};

/// How far the rematch has come.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq)]
pub enum Rematch {
    #[default]
    Open,
    Asked,
    /// The opponent has asked first.
    Offered,
    /// It does not come about; the words say why.
    Refused(String),
}

/// Play the same opponent again.
#[derive(Message, Default)]
pub struct RematchWish;

pub struct RematchPlugin;

impl Plugin for RematchPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Rematch>()
            .add_message::<RematchWish>()
            .add_systems(OnEnter(Screen::Result), |mut rematch: ResMut<Rematch>| *rematch = Rematch::Open)
            .add_systems(Update, (ask, follow).chain().run_if(in_state(Screen::Result)));
    }
}

/// What rings from this player.
fn ringing_from(queue: &InviteQueue, user: UserId) -> Option<&InviteEntry> {
    queue.entries().iter().find(|entry| entry.invite.sender_id == user && entry.state == InviteState::Ringing)
}

#[expect(clippy::too_many_arguments, reason = "a system's arguments are what it touches")]
fn ask(
    mut wishes: MessageReader<RematchWish>,
    keys: Res<ButtonInput<KeyCode>>,
    end: Option<Res<MatchEnd>>,
    queue: Res<InviteQueue>,
    mut rematch: ResMut<Rematch>,
    mut commands: MessageWriter<RallypointCommand>,
    mut invite: MessageWriter<InvitePerson>,
    mut practice: MessageWriter<StartPractice>,
) {
    let wished = wishes.read().count() > 0 || keys.just_pressed(KeyCode::KeyR);
    let Some(end) = end.filter(|_| wished && *rematch != Rematch::Asked) else { return };
    if end.practice {
        practice.write(StartPractice);
        return;
    }
    let Some(id) = end.opponent_id else { return };
    match ringing_from(&queue, id) {
        Some(theirs) => _ = commands.write(RallypointCommand::Accept(theirs.id())),
        None => _ = invite.write(InvitePerson(Opponent { id, name: end.opponent.clone() })),
    }
    *rematch = Rematch::Asked;
}

fn follow(
    end: Option<Res<MatchEnd>>,
    queue: Res<InviteQueue>,
    outgoing: Res<Outgoing>,
    client: Res<Rallypoint>,
    mut rematch: ResMut<Rematch>,
    mut commands: MessageWriter<RallypointCommand>,
) {
    let Some(id) = end.as_deref().and_then(|end| end.opponent_id) else { return };
    let theirs = ringing_from(&queue, id);
    let mine = outgoing.to(id).map(|invite| &invite.progress);
    match (&*rematch, theirs, mine) {
        // Both have asked: one of the two invites is taken, the same one on both sides.
        (Rematch::Asked, Some(theirs), Some(_)) if client.user().is_some_and(|user| user.id > id) => {
            commands.write(RallypointCommand::Accept(theirs.id()));
        }
        (Rematch::Asked, None, Some(Progress::Over(words))) => *rematch = Rematch::Refused(words.clone()),
        (Rematch::Open | Rematch::Refused(_), Some(_), _) => *rematch = Rematch::Offered,
        (Rematch::Offered, None, _) => *rematch = Rematch::Open,
        _ => {}
    }
}
