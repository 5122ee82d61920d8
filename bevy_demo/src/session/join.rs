//! Into somebody's session, by its code or a link.

use bevy::prelude::*;
use bevy_rallypoint::{JoinRequested, RallypointCommand, RallypointReply};
use rallypoint::protocol::SessionCode;

use crate::{
    Screen,
    game::{Door, Entry, Opponent, Way},
    toast::Toast,
};

/// Join a session by its code.
#[derive(Message, Clone, Copy)]
pub struct JoinByCode(pub SessionCode);

/// A link that is faster than the lobby waits for it.
pub(super) fn ask(
    mut wishes: MessageReader<JoinByCode>,
    mut links: MessageReader<JoinRequested>,
    mut waiting: Local<Vec<SessionCode>>,
    screen: Res<State<Screen>>,
    mut commands: MessageWriter<RallypointCommand>,
    mut toasts: MessageWriter<Toast>,
) {
    waiting.extend(wishes.read().map(|wish| wish.0).chain(links.read().map(|link| link.code)));
    if *screen.get() == Screen::SignIn {
        return;
    }
    for code in waiting.drain(..) {
        if matches!(screen.get(), Screen::Match | Screen::Connecting) {
            toasts.write(turned_away(code));
        } else {
            commands.write(RallypointCommand::JoinSession(code));
        }
    }
}

fn turned_away(code: SessionCode) -> Toast {
    Toast::bad(format!("Finish this match first, then open the link to {code} again."))
}

pub(super) fn follow_replies(
    mut replies: MessageReader<RallypointReply>,
    mut door: Door,
    mut commands: MessageWriter<RallypointCommand>,
    mut toasts: MessageWriter<Toast>,
) {
    for reply in replies.read() {
        let RallypointReply::SessionJoined { code, result } = reply else { continue };
        match result {
            Ok(joined) => {
                let host = joined.players.iter().find(|player| player.user_id == joined.host_id);
                let opponent = host.map(|host| Opponent { id: host.user_id, name: host.name.clone() });
                if !door.enter(Entry { way: Some(Way::Session(*code)), opponent, map: None }, None, None) {
                    commands.write(RallypointCommand::LeaveSession(*code));
                    toasts.write(turned_away(*code));
                }
            }
            Err(error) => _ = toasts.write(Toast::failed(&format!("{code} can't be joined"), error)),
        }
    }
}
