//! The court that one opens, and waits on.

use bevy::prelude::*;
use bevy_rallypoint::{RallypointCommand, RallypointReply, SessionChanged, prelude::Rallypoint};
use rallypoint::protocol::{
    UserId,
    session::{CreateSession, GameOptions, Session},
};

use super::{Outgoing, Progress};
use crate::{
    Options,
    game::{Door, Entry, Opponent, Way},
    toast::Toast,
    words::first_name,
};

/// The session that one hosts and waits in.
#[derive(Resource, Default)]
pub struct MySession(pub Option<Session>);

/// Host a session.
#[derive(Message, Default)]
pub struct Host;

/// Close the session one hosts.
#[derive(Message, Default)]
pub struct StopHosting;

/// A session is being made.
#[derive(Resource, Default)]
pub(super) struct Making {
    busy: bool,
    /// Whom to invite once it is there.
    then_invite: Vec<UserId>,
}

impl Making {
    /// What to ask for, unless it has been.
    pub(super) fn begin(&mut self, options: &Options) -> Option<RallypointCommand> {
        if std::mem::replace(&mut self.busy, true) {
            return None;
        }
        Some(RallypointCommand::CreateSession(CreateSession {
            open: true,
            max_players: Some(2),
            options: Some(GameOptions { score_to_win: Some(options.cli.score_to_win()), ..default() }),
            ..default()
        }))
    }

    pub(super) fn then_invite(&mut self, user: UserId) {
        self.then_invite.push(user);
    }
}

pub(super) fn begin(
    mut wishes: MessageReader<Host>,
    session: Res<MySession>,
    mut making: ResMut<Making>,
    options: Res<Options>,
    mut commands: MessageWriter<RallypointCommand>,
) {
    if wishes.read().count() > 0 && session.0.is_none() {
        commands.write_batch(making.begin(&options));
    }
}

pub(super) fn stop(
    mut wishes: MessageReader<StopHosting>,
    mut session: ResMut<MySession>,
    mut outgoing: ResMut<Outgoing>,
    mut commands: MessageWriter<RallypointCommand>,
) {
    if wishes.read().count() > 0
        && let Some(session) = session.0.take()
    {
        outgoing.0.clear();
        commands.write(RallypointCommand::CloseSession(session.session_code));
    }
}

pub(super) fn follow_replies(
    mut replies: MessageReader<RallypointReply>,
    mut session: ResMut<MySession>,
    mut making: ResMut<Making>,
    mut outgoing: ResMut<Outgoing>,
    client: Res<Rallypoint>,
    mut commands: MessageWriter<RallypointCommand>,
    mut toasts: MessageWriter<Toast>,
) {
    for reply in replies.read() {
        let RallypointReply::SessionCreated(result) = reply else { continue };
        match result {
            // An earlier login's: it can't be closed any more.
            Ok(made) if client.user().is_some_and(|me| me.id != made.host_id) => {}
            Ok(made) if !making.busy => _ = commands.write(RallypointCommand::CloseSession(made.session_code)),
            Ok(made) => {
                for receiver in std::mem::take(&mut *making).then_invite {
                    commands.write(RallypointCommand::Invite { receiver, session: made.session_code });
                }
                session.0 = Some(made.clone());
            }
            Err(_) if !making.busy => {}
            Err(error) => {
                for receiver in std::mem::take(&mut *making).then_invite {
                    outgoing.set(receiver, Progress::Over("Not sent".into()));
                }
                toasts.write(Toast::failed("No session", error));
            }
        }
    }
}

/// The host goes in as soon as somebody has taken the other seat.
pub(super) fn follow(
    mut changes: MessageReader<SessionChanged>,
    mut mine: ResMut<MySession>,
    mut outgoing: ResMut<Outgoing>,
    mut door: Door,
    client: Res<Rallypoint>,
    mut commands: MessageWriter<RallypointCommand>,
    mut toasts: MessageWriter<Toast>,
) {
    for SessionChanged(changed) in changes.read() {
        if mine.0.as_ref().is_none_or(|mine| mine.session_code != changed.session_code) {
            continue;
        }
        mine.0 = changed.active.then(|| changed.clone());
        let me = client.user().map(|user| user.id);
        let guest = changed.players.iter().find(|player| Some(player.user_id) != me);
        if let (true, Some(guest)) = (changed.active, guest) {
            let way = Way::Session(changed.session_code);
            let opponent = Opponent { id: guest.user_id, name: guest.name.clone() };
            outgoing.0.clear();
            mine.0 = None;
            if !door.enter(Entry { way: Some(way), opponent: Some(opponent), map: None }, None, None) {
                commands.write(RallypointCommand::CloseSession(changed.session_code));
                toasts.write(turned_away(&guest.name));
            }
        }
    }
}

/// For who comes while one goes into another game.
pub(super) fn turned_away(name: &str) -> Toast {
    Toast::bad(format!("{} accepted, but this match comes first. Invite again later.", first_name(name)))
}

/// Whoever goes into a game has no court open elsewhere, and waits for nobody's answer any more.
pub(super) fn close_others(
    entry: Res<Entry>,
    mut session: ResMut<MySession>,
    mut outgoing: ResMut<Outgoing>,
    mut making: ResMut<Making>,
    mut commands: MessageWriter<RallypointCommand>,
) {
    if let Some(mine) = session.0.take()
        && entry.way != Some(Way::Session(mine.session_code))
    {
        commands.write(RallypointCommand::CloseSession(mine.session_code));
    }
    outgoing.0.clear();
    *making = Making::default();
}
