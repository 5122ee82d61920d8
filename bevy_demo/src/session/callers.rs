//! Who has called, and into the match with whom one answers.

use std::collections::BTreeMap;

use bevy::prelude::*;
use bevy_rallypoint::{InviteAdded, RallypointCommand, RallypointReply};
use rallypoint::protocol::{InviteId, invite::InviteAnswer};

use crate::{
    game::{Door, Entry, Opponent, Way},
    toast::Toast,
};

/// More than can ring at once.
const CAPACITY: usize = 256;

/// Who has called, and for a challenge on which map, to be named when the invite is accepted and gone.
#[derive(Resource, Default)]
pub(super) struct Callers(BTreeMap<InviteId, (Opponent, Option<String>)>);

pub(super) fn note(mut added: MessageReader<InviteAdded>, mut callers: ResMut<Callers>) {
    for InviteAdded(entry) in added.read() {
        let caller = Opponent { id: entry.invite.sender_id, name: entry.invite.sender_name.clone() };
        callers.0.insert(entry.id(), (caller, entry.invite.map.clone()));
    }
    while callers.0.len() > CAPACITY {
        callers.0.pop_first();
    }
}

pub(super) fn follow_replies(
    mut replies: MessageReader<RallypointReply>,
    callers: Res<Callers>,
    mut door: Door,
    mut commands: MessageWriter<RallypointCommand>,
    mut toasts: MessageWriter<Toast>,
) {
    for reply in replies.read() {
        let RallypointReply::InviteAnswered { invite_id, answer: InviteAnswer::Accept, result: Ok(answer) } = reply
        else {
            continue;
        };
        let Some(code) = answer.session_code else { continue };
        let Some(game) = answer.game_id else {
            toasts.write(Toast::bad("That session is played on another game's server."));
            continue;
        };
        let (opponent, map) = callers.0.get(invite_id).cloned().unzip();
        let entry = Entry { way: Some(Way::Session(code)), opponent, map: map.flatten() };
        if !door.enter(entry, Some(game), answer.connect_token.clone()) {
            commands.write(RallypointCommand::LeaveSession(code));
            toasts.write(Toast::bad("Finish this match first, then ask for a new invite."));
        }
    }
}
