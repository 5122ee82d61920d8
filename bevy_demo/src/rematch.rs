//! Once more against the same opponent: a session and an invite, or the acceptance of theirs.

use bevy::prelude::*;
use bevy_rallypoint::{InviteQueue, Rallypoint, RallypointCommand, RallypointReply};
use rallypoint::{
    InviteEntry, InviteState,
    protocol::{InviteId, UserId, invite::InviteAnswer},
};

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
    /// The opponent's offer is being taken.
    Taking(InviteId),
    /// It does not come about; the words say why.
    Refused(String),
}

impl Rematch {
    /// Whether it is for somebody else to do something.
    pub fn waits(&self) -> bool {
        matches!(self, Self::Asked | Self::Taking(_))
    }
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
    let Some(end) = end.filter(|_| wished && !rematch.waits()) else { return };
    if end.practice {
        practice.write(StartPractice);
        return;
    }
    let Some(id) = end.opponent_id else { return };
    match ringing_from(&queue, id) {
        Some(theirs) => {
            commands.write(RallypointCommand::Accept(theirs.id()));
            *rematch = Rematch::Taking(theirs.id());
        }
        None => {
            invite.write(InvitePerson(Opponent { id, name: end.opponent.clone() }));
            *rematch = Rematch::Asked;
        }
    }
}

fn follow(
    mut replies: MessageReader<RallypointReply>,
    end: Option<Res<MatchEnd>>,
    queue: Res<InviteQueue>,
    outgoing: Res<Outgoing>,
    client: Res<Rallypoint>,
    mut rematch: ResMut<Rematch>,
    mut commands: MessageWriter<RallypointCommand>,
) {
    for reply in replies.read() {
        if let RallypointReply::InviteAnswered { invite_id, answer: InviteAnswer::Accept, result: Err(_) } = reply
            && *rematch == Rematch::Taking(*invite_id)
        {
            *rematch = Rematch::Open;
        }
    }
    let Some(id) = end.as_deref().and_then(|end| end.opponent_id) else { return };
    let theirs = ringing_from(&queue, id);
    let mine = outgoing.to(id).map(|invite| &invite.progress);
    match (&*rematch, theirs, mine) {
        // Both have asked: one of the two invites is taken, the same one on both sides.
        (Rematch::Asked, Some(theirs), Some(_)) if client.user().is_some_and(|user| user.id > id) => {
            commands.write(RallypointCommand::Accept(theirs.id()));
            *rematch = Rematch::Taking(theirs.id());
        }
        (Rematch::Asked, None, Some(Progress::Over(words))) => *rematch = Rematch::Refused(words.clone()),
        (Rematch::Open | Rematch::Refused(_), Some(_), _) => *rematch = Rematch::Offered,
        (Rematch::Offered, None, _) => *rematch = Rematch::Open,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use bevy::{input::InputPlugin, state::app::StatesPlugin};
    use bevy_rallypoint::RallypointPlugin;
    use rallypoint::Client;

    use super::*;
    use crate::session::tests::rings;

    const OTHER: UserId = UserId(7);

    fn app() -> App {
        let mut app = App::new();
        let client = Client::builder("http://127.0.0.1:9").build().unwrap();
        app.add_plugins((MinimalPlugins, StatesPlugin, InputPlugin, RallypointPlugin::from_client(client)))
            .insert_state(Screen::Result)
            .init_resource::<Outgoing>()
            .add_message::<InvitePerson>()
            .add_message::<StartPractice>()
            .insert_resource(MatchEnd {
                won: Some(true),
                scores: [3, 1],
                reason: None,
                opponent: "Ace#0001".into(),
                opponent_id: Some(OTHER),
                game: None,
                practice: false,
            })
            .add_plugins(RematchPlugin);
        app.update();
        app
    }

    fn wish(app: &mut App) -> Rematch {
        app.world_mut().write_message(RematchWish);
        app.update();
        stands(app)
    }

    fn stands(app: &App) -> Rematch {
        app.world().resource::<Rematch>().clone()
    }

    #[test]
    fn a_rematch_that_could_not_be_asked_for_can_be_asked_for_again() {
        let mut app = app();
        assert_eq!(wish(&mut app), Rematch::Asked);
        app.world_mut().resource_mut::<Outgoing>().note(OTHER, Progress::Over("Not sent".into()));
        app.update();
        assert_eq!(stands(&app), Rematch::Refused("Not sent".into()));
        assert!(!stands(&app).waits());
    }

    #[test]
    fn an_offer_that_could_not_be_taken_is_open_again() {
        let mut app = app();
        rings(&mut app, 4, None);
        app.update();
        assert_eq!(stands(&app), Rematch::Offered);
        assert_eq!(wish(&mut app), Rematch::Taking(InviteId(4)));
        app.world_mut().write_message(RallypointReply::InviteAnswered {
            invite_id: InviteId(4),
            answer: InviteAnswer::Accept,
            result: Err(rallypoint::Error::Timeout),
        });
        app.update();
        assert!(!stands(&app).waits(), "{:?}", stands(&app));
    }
}
