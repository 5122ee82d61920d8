//! The session one hosts, the invites one has sent, and the ways into a game.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use bevy::prelude::*;
use bevy_rallypoint::{
    InviteAdded, JoinRequested, RallypointCommand, RallypointReply, SentInviteChanged, SessionChanged,
    prelude::Rallypoint,
};
use rallypoint::{
    SentProgress,
    protocol::{
        InviteId, SessionCode, UserId,
        invite::InviteAnswer,
        session::{CreateSession, GameOptions, Session},
    },
};

use crate::{
    Options, Screen,
    game::{EnterGame, Entry, Opponent, Way},
    toast::{Toast, advice, capitalised},
};

/// The session that one hosts and waits in.
#[derive(Resource, Default)]
pub struct MySession(pub Option<Session>);

/// How far an invite of one's own has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    Sending,
    Sent,
    Seen,
    Accepted,
    /// It ended otherwise; the words say how.
    Over(String),
}

#[derive(Clone, Debug)]
pub struct OutgoingInvite {
    pub receiver: UserId,
    pub name: String,
    pub invite_id: Option<InviteId>,
    pub progress: Progress,
    pub expires: Option<Instant>,
}

/// One's own invites of the current session, oldest first.
#[derive(Resource, Default)]
pub struct Outgoing(pub Vec<OutgoingInvite>);

impl Outgoing {
    pub fn to(&self, user: UserId) -> Option<&OutgoingInvite> {
        self.0.iter().rev().find(|invite| invite.receiver == user)
    }

    fn set(&mut self, user: UserId, progress: Progress) {
        if let Some(invite) = self.0.iter_mut().rev().find(|invite| invite.receiver == user) {
            invite.progress = progress;
        }
    }
}

/// Host a session.
#[derive(Message, Default)]
pub struct Host;

/// Close the session one hosts.
#[derive(Message, Default)]
pub struct StopHosting;

/// Invite somebody, hosting a session first if need be.
#[derive(Message, Clone)]
pub struct InvitePerson(pub Opponent);

/// Join a session by its code.
#[derive(Message, Clone, Copy)]
pub struct JoinByCode(pub SessionCode);

/// A session is being made.
#[derive(Resource, Default)]
struct Making {
    busy: bool,
    /// Whom to invite once it is there.
    then_invite: Vec<(UserId, String)>,
}

/// Who has called, and for a challenge on which map, to be named when the invite is accepted and gone.
#[derive(Resource, Default)]
struct Callers(HashMap<InviteId, (Opponent, Option<String>)>);

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
                (note_callers, host, stop_hosting, invite, join, follow_replies, follow_invites, follow_session)
                    .chain(),
            )
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
    callers.0.clear();
    *making = Making::default();
}

fn note_callers(mut added: MessageReader<InviteAdded>, mut callers: ResMut<Callers>) {
    for InviteAdded(entry) in added.read() {
        let caller = Opponent { id: entry.invite.sender_id, name: entry.invite.sender_name.clone() };
        callers.0.insert(entry.id(), (caller, entry.invite.map.clone()));
    }
}

fn create(options: &Options) -> RallypointCommand {
    RallypointCommand::CreateSession(CreateSession {
        open: true,
        max_players: Some(2),
        options: Some(GameOptions { score_to_win: Some(options.cli.score_to_win()), ..default() }),
        ..default()
    })
}

fn host(
    mut wishes: MessageReader<Host>,
    session: Res<MySession>,
    mut making: ResMut<Making>,
    options: Res<Options>,
    mut commands: MessageWriter<RallypointCommand>,
) {
    if wishes.read().count() > 0 && session.0.is_none() && !making.busy {
        making.busy = true;
        commands.write(create(&options));
    }
}

fn stop_hosting(
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

fn invite(
    mut wishes: MessageReader<InvitePerson>,
    session: Res<MySession>,
    mut making: ResMut<Making>,
    mut outgoing: ResMut<Outgoing>,
    options: Res<Options>,
    mut commands: MessageWriter<RallypointCommand>,
) {
    for InvitePerson(user) in wishes.read() {
        let name = user.name.clone();
        let fresh = |progress| OutgoingInvite {
            receiver: user.id,
            name: name.clone(),
            invite_id: None,
            progress,
            expires: None,
        };
        outgoing.0.retain(|invite| invite.receiver != user.id);
        outgoing.0.push(fresh(Progress::Sending));
        match &session.0 {
            Some(session) => {
                commands.write(RallypointCommand::Invite { receiver: user.id, session: session.session_code });
            }
            None => {
                making.then_invite.push((user.id, name.clone()));
                if !making.busy {
                    making.busy = true;
                    commands.write(create(&options));
                }
            }
        }
    }
}

fn join(
    mut wishes: MessageReader<JoinByCode>,
    mut links: MessageReader<JoinRequested>,
    screen: Res<State<Screen>>,
    mut commands: MessageWriter<RallypointCommand>,
    mut toasts: MessageWriter<Toast>,
) {
    let codes = wishes.read().map(|wish| wish.0).chain(links.read().map(|link| link.code));
    for code in codes {
        if matches!(screen.get(), Screen::Match | Screen::Connecting) {
            toasts.write(Toast::bad(format!("Finish this match first, then open the link to {code} again.")));
        } else {
            commands.write(RallypointCommand::JoinSession(code));
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "a system's arguments are what it touches")]
fn follow_replies(
    mut replies: MessageReader<RallypointReply>,
    mut session: ResMut<MySession>,
    mut outgoing: ResMut<Outgoing>,
    (mut making, mut entry): (ResMut<Making>, ResMut<Entry>),
    callers: Res<Callers>,
    screen: Res<State<Screen>>,
    mut commands: MessageWriter<RallypointCommand>,
    mut toasts: MessageWriter<Toast>,
    mut enter: MessageWriter<EnterGame>,
) {
    for reply in replies.read() {
        match reply {
            RallypointReply::SessionCreated(Ok(made)) => {
                making.busy = false;
                for (receiver, _) in making.then_invite.drain(..) {
                    commands.write(RallypointCommand::Invite { receiver, session: made.session_code });
                }
                session.0 = Some(made.clone());
            }
            RallypointReply::SessionCreated(Err(error)) => {
                making.busy = false;
                making.then_invite.clear();
                outgoing.0.clear();
                toasts.write(Toast::failed("No session", error));
            }
            RallypointReply::InviteSent { receiver, result, .. } => match result {
                Ok(sent) => {
                    if let Some(invite) = outgoing.0.iter_mut().rev().find(|invite| invite.receiver == *receiver) {
                        invite.invite_id = Some(sent.invite_id);
                        invite.progress = Progress::Sent;
                        let left = Duration::from_secs(sent.expires_in.max(0).unsigned_abs());
                        invite.expires = Some(Instant::now() + left);
                    }
                }
                Err(error) => {
                    outgoing.set(*receiver, Progress::Over("Not sent".into()));
                    toasts.write(Toast::bad(format!("{}.", capitalised(&advice(error)))));
                }
            },
            RallypointReply::SessionJoined { code, result: Ok(joined) } => {
                let host = joined.players.iter().find(|player| player.user_id == joined.host_id);
                let opponent = host.map(|host| Opponent { id: host.user_id, name: host.name.clone() });
                *entry = Entry { way: Some(Way::Session(*code)), opponent, map: None };
                enter.write(EnterGame { way: Way::Session(*code), game: None, token: None });
            }
            RallypointReply::SessionJoined { code, result: Err(error) } => {
                toasts.write(Toast::failed(&format!("{code} can't be joined"), error));
            }
            RallypointReply::InviteAnswered { invite_id, answer: InviteAnswer::Accept, result: Ok(answer) } => {
                let Some(code) = answer.session_code else { continue };
                if matches!(screen.get(), Screen::Match | Screen::Connecting) {
                    commands.write(RallypointCommand::LeaveSession(code));
                    toasts.write(Toast::bad("Finish this match first, then ask for a new invite."));
                    continue;
                }
                if let Some(mine) = session.0.take() {
                    outgoing.0.clear();
                    commands.write(RallypointCommand::CloseSession(mine.session_code));
                }
                match (&answer.game_id, &answer.connect_token) {
                    (Some(game), token) => {
                        let (opponent, map) = callers.0.get(invite_id).cloned().unzip();
                        *entry = Entry { way: Some(Way::Session(code)), opponent, map: map.flatten() };
                        enter.write(EnterGame { way: Way::Session(code), game: Some(*game), token: token.clone() });
                    }
                    (None, _) => {
                        toasts.write(Toast::bad("That session is played on another game's server."));
                    }
                }
            }
            _ => {}
        }
    }
}

fn follow_invites(
    mut changes: MessageReader<SentInviteChanged>,
    mut outgoing: ResMut<Outgoing>,
    mut mine: ResMut<MySession>,
    mut entry: ResMut<Entry>,
    mut enter: MessageWriter<EnterGame>,
    mut toasts: MessageWriter<Toast>,
) {
    for SentInviteChanged(update) in changes.read() {
        let Some(invite) = outgoing.0.iter_mut().find(|invite| invite.invite_id == Some(update.invite_id)) else {
            continue;
        };
        let name = bevy_rallypoint::shorten(invite.name.split('#').next().unwrap_or_default(), 12.0);
        invite.progress = match update.progress {
            SentProgress::Seen => Progress::Seen,
            SentProgress::Accepted => {
                // The session's own news says the same, but only over the socket.
                if let Some(session) = mine.0.take() {
                    let way = Way::Session(session.session_code);
                    let opponent = Opponent { id: invite.receiver, name: invite.name.clone() };
                    *entry = Entry { way: Some(way), opponent: Some(opponent), map: None };
                    enter.write(EnterGame { way, game: None, token: None });
                }
                toasts.write(Toast::good(format!("{name} accepted. Joining the match.")));
                Progress::Accepted
            }
            SentProgress::Declined => {
                toasts.write(Toast::bad(format!("{name} declined. Invite somebody else?")));
                Progress::Over("Declined".into())
            }
            SentProgress::Cancelled => Progress::Over("Cancelled".into()),
            SentProgress::Expired => {
                toasts.write(Toast::bad(format!("{name} didn't answer in time. Invite again when they are back.")));
                Progress::Over("No answer".into())
            }
        };
    }
}

/// The host goes in as soon as somebody has taken the other seat.
fn follow_session(
    mut changes: MessageReader<SessionChanged>,
    mut mine: ResMut<MySession>,
    mut outgoing: ResMut<Outgoing>,
    mut entry: ResMut<Entry>,
    client: Res<Rallypoint>,
    mut enter: MessageWriter<EnterGame>,
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
            *entry = Entry { way: Some(way), opponent: Some(opponent), map: None };
            outgoing.0.clear();
            mine.0 = None;
            enter.write(EnterGame { way, game: None, token: None });
        }
    }
}

#[cfg(test)]
mod tests;
