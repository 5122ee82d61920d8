//! Why an invite didn't arrive: what the server knows of the last one, for the debug panel.

use std::fmt::Write;

use bevy::prelude::*;
use bevy_rallypoint::{InviteAdded, Rallypoint, RallypointCommand, RallypointReply};
use rallypoint::protocol::{
    InviteId, UserId,
    invite::{InviteStep, InviteTrace},
};

use crate::Screen;

/// The last invite that was sent or has come, and what is known of it.
#[derive(Resource, Default)]
pub struct LastInvite {
    id: Option<InviteId>,
    trace: Option<InviteTrace>,
    /// Why there is none.
    refusal: Option<String>,
}

impl LastInvite {
    fn note(&mut self, id: InviteId) {
        if self.id < Some(id) {
            *self = Self { id: Some(id), ..default() };
        }
    }

    /// Several lines.
    pub fn words(&self, me: Option<UserId>) -> String {
        match (&self.trace, &self.refusal, self.id) {
            (Some(trace), ..) => trace_words(trace, me),
            (None, Some(refusal), _) => format!("Not known: {refusal}"),
            (None, None, Some(_)) => "Asking".into(),
            (None, None, None) => "None sent or received yet".into(),
        }
    }
}

pub struct TracePlugin;

impl Plugin for TracePlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<LastInvite>()
            .add_systems(Update, (note_received, note_replies))
            .add_systems(OnEnter(Screen::SignIn), |mut last: ResMut<LastInvite>| *last = LastInvite::default());
    }
}

fn note_received(mut added: MessageReader<InviteAdded>, mut last: ResMut<LastInvite>) {
    for InviteAdded(entry) in added.read() {
        last.note(entry.id());
    }
}

fn note_replies(mut replies: MessageReader<RallypointReply>, mut last: ResMut<LastInvite>) {
    for reply in replies.read() {
        match reply {
            RallypointReply::InviteSent { result: Ok(sent), .. } => last.note(sent.invite_id),
            RallypointReply::Challenged { result: Ok(sent), .. } => last.note(sent.invite_id),
            RallypointReply::InviteTraced { invite_id, result } if last.id == Some(*invite_id) => match result {
                Ok(trace) => last.trace = Some(trace.clone()),
                Err(error) => last.refusal = Some(crate::toast::advice(error)),
            },
            _ => {}
        }
    }
}

/// Asks what has become of it; for when somebody looks.
pub fn ask(last: Res<LastInvite>, client: Res<Rallypoint>, mut commands: MessageWriter<RallypointCommand>) {
    if let Some(id) = last.id.filter(|_| client.user().is_some()) {
        commands.write(RallypointCommand::TraceInvite(id));
    }
}

fn trace_words(trace: &InviteTrace, me: Option<UserId>) -> String {
    let direction = if Some(trace.sender_id) == me { "sent" } else { "received" };
    let mut words = format!("Invite {} ({}), {direction}", trace.invite_id, trace.kind.as_str());
    let began = trace.steps.first().map_or(0, |step| step.at.0);
    for step in &trace.steps {
        let after = (step.at.0 - began) as f64 / 1000.0;
        let _ = write!(words, "\n{after:.1} s  {}", step_word(step.step));
        if !step.via.is_empty() {
            let _ = write!(words, ", by {}", step.via.join(" and "));
        }
    }
    if !trace.steps.iter().any(|step| step.step != InviteStep::Created) {
        words.push_str("\nNo connection of the receiver's has it yet");
    }
    words
}

fn step_word(step: InviteStep) -> &'static str {
    match step {
        InviteStep::Created => "created",
        InviteStep::Delivered => "delivered",
        InviteStep::Seen => "seen",
        InviteStep::Accepted => "accepted",
        InviteStep::Declined => "declined",
        InviteStep::Cancelled => "cancelled",
        InviteStep::Expired => "expired",
        _ => "something newer",
    }
}

#[cfg(test)]
mod tests {
    use rallypoint::protocol::{
        Timestamp,
        invite::{InviteKind, InviteStatus, TraceStep},
    };

    use super::*;

    #[test]
    fn a_trace_reads_from_top_to_bottom() {
        let step = |step, at, via: &[&str]| TraceStep {
            step,
            at: Timestamp(at),
            via: via.iter().map(|way| (*way).to_owned()).collect(),
        };
        let mut trace = InviteTrace {
            invite_id: InviteId(4),
            kind: InviteKind::Map,
            status: InviteStatus::Accepted,
            sender_id: UserId(1),
            receiver_id: UserId(2),
            steps: vec![step(InviteStep::Created, 5000, &[])],
        };
        assert!(trace_words(&trace, Some(UserId(1))).ends_with("has it yet"));
        trace.steps.push(step(InviteStep::Delivered, 5020, &["socketio", "rest"]));
        trace.steps.push(step(InviteStep::Accepted, 7500, &[]));
        let words = trace_words(&trace, Some(UserId(2)));
        assert_eq!(
            words,
            "Invite 4 (map), received\n0.0 s  created\n0.0 s  delivered, by socketio and rest\n2.5 s  accepted"
        );
    }

    #[test]
    fn the_newest_invite_is_the_one_that_is_traced() {
        let mut last = LastInvite::default();
        assert!(last.words(None).starts_with("None"));
        last.note(InviteId(4));
        last.note(InviteId(3));
        assert_eq!((last.id, last.words(None).as_str()), (Some(InviteId(4)), "Asking"));
    }
}
