//! Challenges of one's own: sent to a friend for a map, followed, and entered once accepted.

use bevy::prelude::*;
use bevy_rallypoint::{RallypointCommand, RallypointReply, SentInviteChanged, shorten};
use rallypoint::{
    SentProgress,
    protocol::{InviteId, SessionCode, UserId},
};

use crate::{
    Screen,
    game::{EnterGame, Entry, Opponent, Way},
    maps::title,
    session::{MySession, Outgoing, Progress},
    toast::{Toast, advice, capitalised},
};

/// Challenge a friend on a map.
#[derive(Message, Clone)]
pub struct ChallengeFriend {
    pub friend: Opponent,
    pub map: String,
}

#[derive(Clone, Debug)]
pub struct OutgoingChallenge {
    friend: Opponent,
    map: String,
    invite_id: Option<InviteId>,
    progress: Progress,
}

/// One's own challenges, one for each friend at most.
#[derive(Resource, Default)]
pub struct Challenges(Vec<OutgoingChallenge>);

impl Challenges {
    /// How far the challenge to this friend has come, and its map.
    pub fn to(&self, friend: UserId) -> Option<(&Progress, &str)> {
        let challenge = self.0.iter().find(|challenge| challenge.friend.id == friend)?;
        Some((&challenge.progress, &challenge.map))
    }

    fn get(&mut self, friend: UserId, map: &str) -> Option<&mut OutgoingChallenge> {
        self.0.iter_mut().find(|challenge| challenge.friend.id == friend && challenge.map == map)
    }
}

pub struct ChallengePlugin;

impl Plugin for ChallengePlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Challenges>()
            .add_message::<ChallengeFriend>()
            .add_systems(Update, (send, follow_replies, follow).chain())
            .add_systems(OnEnter(Screen::SignIn), |mut challenges: ResMut<Challenges>| challenges.0.clear());
    }
}

fn send(
    mut wishes: MessageReader<ChallengeFriend>,
    mut challenges: ResMut<Challenges>,
    mut commands: MessageWriter<RallypointCommand>,
) {
    for ChallengeFriend { friend, map } in wishes.read().cloned() {
        commands.write(RallypointCommand::Challenge { friend: friend.id, map: map.clone() });
        challenges.0.retain(|challenge| challenge.friend.id != friend.id);
        challenges.0.push(OutgoingChallenge { friend, map, invite_id: None, progress: Progress::Sending });
    }
}

fn follow_replies(
    mut replies: MessageReader<RallypointReply>,
    mut challenges: ResMut<Challenges>,
    mut toasts: MessageWriter<Toast>,
) {
    for reply in replies.read() {
        let RallypointReply::Challenged { friend, map, result } = reply else { continue };
        let Some(challenge) = challenges.get(*friend, map) else { continue };
        match result {
            Ok(sent) => {
                challenge.invite_id = Some(sent.invite_id);
                if challenge.progress == Progress::Sending {
                    challenge.progress = Progress::Sent;
                }
            }
            Err(error) => {
                challenge.progress = Progress::Over("Not sent".into());
                toasts.write(Toast::bad(format!("{}.", capitalised(&advice(error)))));
            }
        }
    }
}

fn follow(
    mut changes: MessageReader<SentInviteChanged>,
    mut challenges: ResMut<Challenges>,
    screen: Res<State<Screen>>,
    (mut mine, mut outgoing, mut entry): (ResMut<MySession>, ResMut<Outgoing>, ResMut<Entry>),
    mut commands: MessageWriter<RallypointCommand>,
    mut enter: MessageWriter<EnterGame>,
    mut toasts: MessageWriter<Toast>,
) {
    for SentInviteChanged(update) in changes.read() {
        let known = challenges.0.iter().position(|challenge| challenge.invite_id == Some(update.invite_id));
        let Some(challenge) = known.and_then(|known| challenges.0.get_mut(known)) else { continue };
        let name = shorten(challenge.friend.name.split('#').next().unwrap_or_default(), 12.0);
        let over = |words: &str| Progress::Over(words.into());
        challenge.progress = match (update.progress, update.session_code) {
            (SentProgress::Seen, _) => Progress::Seen,
            (SentProgress::Accepted, Some(code)) if matches!(screen.get(), Screen::Match | Screen::Connecting) => {
                commands.write(RallypointCommand::LeaveSession(code));
                toasts
                    .write(Toast::bad(format!("{name} accepted, but this match comes first. Challenge again later.")));
                over("Missed")
            }
            (SentProgress::Accepted, Some(code)) => {
                if let Some(session) = mine.0.take() {
                    outgoing.0.clear();
                    commands.write(RallypointCommand::CloseSession(session.session_code));
                }
                go_in(code, challenge, &mut entry, &mut enter);
                toasts.write(Toast::good(format!("{name} takes you on at {}. Joining.", title(&challenge.map))));
                over("Played")
            }
            (SentProgress::Accepted, None) => over("Accepted"),
            (SentProgress::Declined, _) => {
                toasts.write(Toast::bad(format!("{name} declined the challenge. Try another map?")));
                over("Declined")
            }
            (SentProgress::Cancelled, _) => over("Cancelled"),
            (SentProgress::Expired, _) => {
                toasts.write(Toast::bad(format!("{name} didn't answer in time. Challenge again when they are back.")));
                over("No answer")
            }
        };
    }
}

fn go_in(code: SessionCode, challenge: &OutgoingChallenge, entry: &mut Entry, enter: &mut MessageWriter<EnterGame>) {
    let way = Way::Session(code);
    *entry = Entry { way: Some(way), opponent: Some(challenge.friend.clone()), map: Some(challenge.map.clone()) };
    enter.write(EnterGame { way, game: None, token: None });
}

#[cfg(test)]
mod tests {
    use bevy::state::app::StatesPlugin;
    use rallypoint::SentInviteUpdate;

    use super::*;

    fn app(screen: Screen) -> App {
        let mut app = App::new();
        app.add_plugins((MinimalPlugins, StatesPlugin))
            .insert_state(screen)
            .init_resource::<MySession>()
            .init_resource::<Outgoing>()
            .init_resource::<Entry>()
            .add_message::<RallypointCommand>()
            .add_message::<RallypointReply>()
            .add_message::<SentInviteChanged>()
            .add_message::<EnterGame>()
            .add_message::<Toast>()
            .add_plugins(ChallengePlugin);
        app.world_mut().resource_mut::<Challenges>().0.push(OutgoingChallenge {
            friend: Opponent { id: UserId(7), name: "Ace#0001".into() },
            map: "arena".into(),
            invite_id: Some(InviteId(4)),
            progress: Progress::Sent,
        });
        app
    }

    fn tell(app: &mut App, progress: SentProgress) {
        let update = SentInviteUpdate {
            invite_id: InviteId(4),
            receiver_id: Some(UserId(7)),
            progress,
            session_code: (progress == SentProgress::Accepted).then(|| "K7QX2M".parse().unwrap()),
            message: None,
        };
        app.world_mut().write_message(SentInviteChanged(update));
        app.update();
    }

    fn entered(app: &App) -> usize {
        app.world().resource::<Messages<EnterGame>>().len()
    }

    #[test]
    fn an_accepted_challenge_leads_into_the_match() {
        let mut app = app(Screen::Lobby);
        tell(&mut app, SentProgress::Seen);
        assert_eq!(app.world().resource::<Challenges>().to(UserId(7)), Some((&Progress::Seen, "arena")));
        assert_eq!(entered(&app), 0);
        tell(&mut app, SentProgress::Accepted);
        assert_eq!(entered(&app), 1);
        let entry = app.world().resource::<Entry>();
        assert_eq!(entry.opponent.as_ref().map(|opponent| opponent.id), Some(UserId(7)));
        assert_eq!(entry.map.as_deref(), Some("arena"));
    }

    #[test]
    fn a_match_that_is_played_is_not_left_for_a_challenge() {
        let mut app = app(Screen::Match);
        tell(&mut app, SentProgress::Accepted);
        assert_eq!(entered(&app), 0);
        let left = app
            .world_mut()
            .resource_mut::<Messages<RallypointCommand>>()
            .drain()
            .any(|command| matches!(command, RallypointCommand::LeaveSession(code) if code.as_str() == "K7QX2M"));
        assert!(left, "whoever accepted is not kept waiting");
    }
}
