//! Out, with nothing left behind: the place in the queue, the court and the challenges are given up first.

use std::time::{Duration, Instant};

use bevy::prelude::*;
use bevy_rallypoint::{RallypointCommand, RallypointReply};
use rallypoint::protocol::{InviteId, SessionCode};

use crate::{
    Screen,
    challenge::Challenges,
    quick::{Quick, QuickWish},
    session::{MySession, StopHosting},
};

/// How long the server may take to hear of it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The player wants to sign out.
#[derive(Message)]
pub struct SignOutWish;

/// What the server has been told and has not answered yet. The login ends after it: commands may overtake each other.
#[derive(Resource)]
struct Farewell {
    queue: bool,
    court: Option<SessionCode>,
    challenges: Vec<InviteId>,
    until: Instant,
}

impl Farewell {
    fn is_done(&self) -> bool {
        !self.queue && self.court.is_none() && self.challenges.is_empty()
    }
}

pub struct SignOutPlugin;

impl Plugin for SignOutPlugin {
    fn build(&self, app: &mut App) {
        app.add_message::<SignOutWish>()
            .add_systems(Update, (begin, (follow, end).chain().run_if(resource_exists::<Farewell>)).chain())
            .add_systems(OnEnter(Screen::SignIn), |mut commands: Commands| commands.remove_resource::<Farewell>());
    }
}

fn begin(
    mut wishes: MessageReader<SignOutWish>,
    farewell: Option<Res<Farewell>>,
    (quick, session, challenges): (Res<Quick>, Res<MySession>, Res<Challenges>),
    mut leave: MessageWriter<QuickWish>,
    mut stop: MessageWriter<StopHosting>,
    mut requests: MessageWriter<RallypointCommand>,
    mut commands: Commands,
) {
    if wishes.read().count() == 0 || farewell.is_some() {
        return;
    }
    leave.write(QuickWish::Leave);
    stop.write(StopHosting);
    let challenges: Vec<InviteId> = challenges.waiting().collect();
    requests.write_batch(challenges.iter().copied().map(RallypointCommand::CancelInvite));
    commands.insert_resource(Farewell {
        queue: !quick.is_out(),
        court: session.0.as_ref().map(|session| session.session_code),
        challenges,
        until: Instant::now() + PATIENCE,
    });
}

fn follow(mut replies: MessageReader<RallypointReply>, mut farewell: ResMut<Farewell>) {
    for reply in replies.read() {
        match reply {
            RallypointReply::QueueLeft(_) => farewell.queue = false,
            RallypointReply::SessionClosed { code, .. } if farewell.court == Some(*code) => farewell.court = None,
            RallypointReply::InviteCancelled { invite_id, .. } => farewell.challenges.retain(|id| id != invite_id),
            _ => {}
        }
    }
}

fn end(
    farewell: Res<Farewell>,
    mut requests: MessageWriter<RallypointCommand>,
    mut commands: Commands,
    mut next: ResMut<NextState<Screen>>,
) {
    if farewell.is_done() || Instant::now() >= farewell.until {
        commands.remove_resource::<Farewell>();
        requests.write(RallypointCommand::SignOut);
        next.set(Screen::SignIn);
    }
}

#[cfg(test)]
mod tests {
    use bevy::state::app::StatesPlugin;

    use super::*;

    fn app() -> App {
        let mut app = App::new();
        app.add_plugins((MinimalPlugins, StatesPlugin))
            .insert_state(Screen::Lobby)
            .init_resource::<Quick>()
            .init_resource::<MySession>()
            .init_resource::<Challenges>()
            .add_message::<QuickWish>()
            .add_message::<StopHosting>()
            .add_message::<RallypointCommand>()
            .add_message::<RallypointReply>()
            .add_plugins(SignOutPlugin);
        app
    }

    fn signs_out(app: &mut App) -> bool {
        app.update();
        let mut commands = app.world_mut().resource_mut::<Messages<RallypointCommand>>();
        commands.drain().any(|command| matches!(command, RallypointCommand::SignOut))
    }

    #[test]
    fn the_place_in_the_queue_is_given_up_before_the_login() {
        let mut app = app();
        *app.world_mut().resource_mut::<Quick>() = Quick::Joining;
        app.world_mut().write_message(SignOutWish);
        assert!(!signs_out(&mut app));
        assert_eq!(app.world().resource::<Messages<QuickWish>>().len(), 1);
        assert!(!signs_out(&mut app), "the server has not answered");
        app.world_mut().write_message(RallypointReply::QueueLeft(Err(rallypoint::Error::Timeout)));
        assert!(signs_out(&mut app));
        assert!(!signs_out(&mut app), "once");
        assert_eq!(*app.world().resource::<State<Screen>>().get(), Screen::SignIn);
    }

    #[test]
    fn who_leaves_nothing_behind_is_out_at_once() {
        let mut app = app();
        app.world_mut().write_message(SignOutWish);
        assert!(signs_out(&mut app));
    }

    #[test]
    fn a_server_that_does_not_answer_keeps_nobody() {
        let mut app = app();
        *app.world_mut().resource_mut::<Quick>() = Quick::Joining;
        app.world_mut().write_message(SignOutWish);
        assert!(!signs_out(&mut app));
        app.world_mut().resource_mut::<Farewell>().until = Instant::now();
        assert!(signs_out(&mut app));
    }
}
