//! One's own invites: sent, followed, and the match entered once one is accepted.

use bevy::prelude::*;
use bevy_rallypoint::{RallypointCommand, RallypointReply, SentInviteChanged};
use rallypoint::{
    SentInviteUpdate, SentProgress,
    protocol::{InviteId, SessionCode, UserId},
};

use super::{
    MySession,
    host::{Making, turned_away},
};
use crate::{
    Options,
    game::{Door, Entry, Opponent, Way},
    toast::{Toast, advice},
    words::{capitalised, first_name},
};

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
}

/// One's own invites of the current session, oldest first.
#[derive(Resource, Default)]
pub struct Outgoing(pub Vec<OutgoingInvite>);

impl Outgoing {
    pub fn to(&self, user: UserId) -> Option<&OutgoingInvite> {
        self.0.iter().rev().find(|invite| invite.receiver == user)
    }

    fn to_mut(&mut self, user: UserId) -> Option<&mut OutgoingInvite> {
        self.0.iter_mut().rev().find(|invite| invite.receiver == user)
    }

    pub(super) fn set(&mut self, user: UserId, progress: Progress) {
        if let Some(invite) = self.to_mut(user) {
            invite.progress = progress;
        }
    }

    #[cfg(test)]
    pub fn note(&mut self, receiver: UserId, progress: Progress) {
        self.0.push(OutgoingInvite { receiver, name: String::new(), invite_id: None, progress });
    }

    /// Where the invite of this id is.
    pub fn place(&self, id: InviteId) -> Option<usize> {
        self.0.iter().position(|invite| invite.invite_id == Some(id))
    }

    /// Where the invite to our session is whose acceptance overtakes the reply that names its id.
    fn overtaken_by(&self, update: &SentInviteUpdate, ours: Option<SessionCode>) -> Option<usize> {
        if ours.is_none() || update.session_code != ours {
            return None;
        }
        let awaited =
            |invite: &OutgoingInvite| invite.invite_id.is_none() && Some(invite.receiver) == update.receiver_id;
        self.0.iter().position(awaited)
    }
}

/// Invite somebody, hosting a session first if need be.
#[derive(Message, Clone)]
pub struct InvitePerson(pub Opponent);

pub(super) fn send(
    mut wishes: MessageReader<InvitePerson>,
    session: Res<MySession>,
    mut making: ResMut<Making>,
    mut outgoing: ResMut<Outgoing>,
    options: Res<Options>,
    mut commands: MessageWriter<RallypointCommand>,
) {
    for InvitePerson(user) in wishes.read() {
        outgoing.0.retain(|invite| invite.receiver != user.id);
        outgoing.0.push(OutgoingInvite {
            receiver: user.id,
            name: user.name.clone(),
            invite_id: None,
            progress: Progress::Sending,
        });
        match &session.0 {
            Some(session) => {
                commands.write(RallypointCommand::Invite { receiver: user.id, session: session.session_code });
            }
            None => {
                making.then_invite(user.id);
                commands.write_batch(making.begin(&options));
            }
        }
    }
}

pub(super) fn follow_replies(
    mut replies: MessageReader<RallypointReply>,
    mut outgoing: ResMut<Outgoing>,
    mut toasts: MessageWriter<Toast>,
) {
    for reply in replies.read() {
        let RallypointReply::InviteSent { receiver, result, .. } = reply else { continue };
        match result {
            // Looked for first: what is handed out to be changed counts as changed, and is drawn anew.
            Ok(_) if outgoing.to(*receiver).is_none() => {}
            Ok(sent) => {
                if let Some(invite) = outgoing.to_mut(*receiver) {
                    invite.invite_id = Some(sent.invite_id);
                    if invite.progress == Progress::Sending {
                        invite.progress = Progress::Sent;
                    }
                }
            }
            Err(error) => {
                outgoing.set(*receiver, Progress::Over("Not sent".into()));
                toasts.write(Toast::bad(format!("{}.", capitalised(&advice(error)))));
            }
        }
    }
}

pub(super) fn follow(
    mut changes: MessageReader<SentInviteChanged>,
    mut outgoing: ResMut<Outgoing>,
    mut mine: ResMut<MySession>,
    mut door: Door,
    mut commands: MessageWriter<RallypointCommand>,
    mut toasts: MessageWriter<Toast>,
) {
    for SentInviteChanged(update) in changes.read() {
        let ours = mine.0.as_ref().map(|session| session.session_code);
        let Some(place) = outgoing.place(update.invite_id).or_else(|| outgoing.overtaken_by(update, ours)) else {
            continue;
        };
        let invite = &mut outgoing.0[place];
        invite.invite_id = Some(update.invite_id);
        let name = first_name(&invite.name);
        invite.progress = match update.progress {
            SentProgress::Seen => Progress::Seen,
            SentProgress::Accepted => {
                // The session's own news says the same, but only over the socket.
                if let Some(session) = mine.0.take() {
                    let way = Way::Session(session.session_code);
                    let opponent = Opponent { id: invite.receiver, name: invite.name.clone() };
                    if door.enter(Entry { way: Some(way), opponent: Some(opponent), map: None }, None, None) {
                        toasts.write(Toast::good(format!("{name} accepted. Joining the match.")));
                    } else {
                        commands.write(RallypointCommand::CloseSession(session.session_code));
                        toasts.write(turned_away(&invite.name));
                    }
                }
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
