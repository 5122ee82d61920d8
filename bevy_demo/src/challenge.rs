//! Challenges of one's own: sent to a friend for a map, followed, and entered once accepted.

use bevy::prelude::*;
use bevy_rallypoint::{RallypointCommand, RallypointReply, SentInviteChanged};
use rallypoint::{
    SentInviteUpdate, SentProgress,
    protocol::{InviteId, UserId},
};

use crate::{
    Screen,
    game::{Door, Entry, Opponent, Way},
    session::{Outgoing, Progress},
    toast::{Toast, advice},
    words::{capitalised, first_name},
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
pub struct Challenges {
    sent: Vec<OutgoingChallenge>,
    /// The newest that is known by its id; ids rise.
    newest: Option<InviteId>,
}

impl Challenges {
    /// How far the challenge to this friend has come, and its map.
    pub fn to(&self, friend: UserId) -> Option<(&Progress, &str)> {
        let challenge = self.sent.iter().find(|challenge| challenge.friend.id == friend)?;
        Some((&challenge.progress, &challenge.map))
    }

    /// Those that wait for an answer.
    pub fn waiting(&self) -> impl Iterator<Item = InviteId> {
        let waits = |challenge: &&OutgoingChallenge| matches!(challenge.progress, Progress::Sent | Progress::Seen);
        self.sent.iter().filter(waits).filter_map(|challenge| challenge.invite_id)
    }

    /// Where the challenge is that the news are about. News may overtake the reply that names the id: then it is the
    /// one that is being sent to this receiver.
    fn place(&self, update: &SentInviteUpdate) -> Option<usize> {
        let named = |challenge: &OutgoingChallenge| challenge.invite_id == Some(update.invite_id);
        let awaited = |challenge: &OutgoingChallenge| {
            challenge.progress == Progress::Sending
                && Some(challenge.friend.id) == update.receiver_id
                && self.newest < Some(update.invite_id)
        };
        let place = self.sent.iter().position(named);
        place.or_else(|| self.sent.iter().position(|challenge| challenge.invite_id.is_none() && awaited(challenge)))
    }

    fn know(&mut self, place: usize, id: InviteId) {
        self.sent[place].invite_id = Some(id);
        self.newest = self.newest.max(Some(id));
    }

    fn place_of(&self, friend: UserId, map: &str) -> Option<usize> {
        self.sent.iter().position(|challenge| challenge.friend.id == friend && challenge.map == map)
    }
}

pub struct ChallengePlugin;

impl Plugin for ChallengePlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Challenges>()
            .add_message::<ChallengeFriend>()
            .add_systems(Update, (send, follow_replies, follow).chain())
            .add_systems(OnEnter(Screen::SignIn), |mut challenges: ResMut<Challenges>| {
                *challenges = Challenges::default();
            });
    }
}

fn send(
    mut wishes: MessageReader<ChallengeFriend>,
    mut challenges: ResMut<Challenges>,
    mut commands: MessageWriter<RallypointCommand>,
) {
    for ChallengeFriend { friend, map } in wishes.read().cloned() {
        commands.write(RallypointCommand::Challenge { friend: friend.id, map: map.clone() });
        challenges.sent.retain(|challenge| challenge.friend.id != friend.id);
        challenges.sent.push(OutgoingChallenge { friend, map, invite_id: None, progress: Progress::Sending });
    }
}

fn follow_replies(
    mut replies: MessageReader<RallypointReply>,
    mut challenges: ResMut<Challenges>,
    mut toasts: MessageWriter<Toast>,
) {
    for reply in replies.read() {
        let RallypointReply::Challenged { friend, map, result } = reply else { continue };
        let Some(place) = challenges.place_of(*friend, map) else { continue };
        match result {
            // What has overtaken this stands.
            Ok(sent) if challenges.sent[place].invite_id == Some(sent.invite_id) => {}
            Ok(sent) => {
                challenges.know(place, sent.invite_id);
                challenges.sent[place].progress = Progress::Sent;
            }
            Err(error) => {
                let challenge = &mut challenges.sent[place];
                if challenge.progress == Progress::Sending {
                    challenge.progress = Progress::Over("Not sent".into());
                    toasts.write(Toast::bad(format!("{}.", capitalised(&advice(error)))));
                }
            }
        }
    }
}

fn follow(
    mut changes: MessageReader<SentInviteChanged>,
    mut challenges: ResMut<Challenges>,
    outgoing: Res<Outgoing>,
    mut door: Door,
    mut commands: MessageWriter<RallypointCommand>,
    mut toasts: MessageWriter<Toast>,
) {
    for SentInviteChanged(update) in changes.read() {
        if outgoing.place(update.invite_id).is_some() {
            continue;
        }
        let Some(place) = challenges.place(update) else { continue };
        challenges.know(place, update.invite_id);
        let challenge = &mut challenges.sent[place];
        let name = first_name(&challenge.friend.name);
        let over = |words: &str| Progress::Over(words.into());
        challenge.progress = match (update.progress, update.session_code) {
            (SentProgress::Seen, _) => Progress::Seen,
            (SentProgress::Accepted, Some(code)) => {
                let (friend, map) = (challenge.friend.clone(), challenge.map.clone());
                let entry = Entry { way: Some(Way::Session(code)), opponent: Some(friend), map: Some(map) };
                if door.enter(entry, None, None) {
                    let map = capitalised(&challenge.map);
                    toasts.write(Toast::good(format!("{name} takes you on at {map}. Joining.")));
                    over("Played")
                } else {
                    commands.write(RallypointCommand::LeaveSession(code));
                    let words = format!("{name} accepted, but this match comes first. Challenge again later.");
                    toasts.write(Toast::bad(words));
                    over("Missed")
                }
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

#[cfg(test)]
mod tests {
    use bevy::state::app::StatesPlugin;
    use rallypoint::protocol::{FriendshipId, Timestamp, auth::Success, invite::ChallengeSent};

    use super::*;
    use crate::game::EnterGame;

    fn app(screen: Screen) -> App {
        let mut app = App::new();
        app.add_plugins((MinimalPlugins, StatesPlugin))
            .insert_state(screen)
            .init_resource::<Outgoing>()
            .init_resource::<Entry>()
            .add_message::<RallypointCommand>()
            .add_message::<RallypointReply>()
            .add_message::<SentInviteChanged>()
            .add_message::<EnterGame>()
            .add_message::<Toast>()
            .add_plugins(ChallengePlugin);
        app.world_mut().resource_mut::<Challenges>().sent.push(OutgoingChallenge {
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

    fn answered(app: &mut App, result: Result<i64, rallypoint::Error>) {
        let result = result.map(|id| ChallengeSent {
            status: Success::Success,
            invite_id: InviteId(id),
            friendship_id: FriendshipId(1),
            map: "arena".into(),
            receiver_id: UserId(7),
            receiver_name: "Ace#0001".into(),
            created_at: Timestamp(0),
            expires_at: Timestamp(0),
            expires_in: 300,
        });
        app.world_mut().write_message(RallypointReply::Challenged { friend: UserId(7), map: "arena".into(), result });
        app.update();
    }

    fn sending(newest: Option<i64>) -> App {
        let mut app = app(Screen::Lobby);
        let mut challenges = app.world_mut().resource_mut::<Challenges>();
        challenges.newest = newest.map(InviteId);
        (challenges.sent[0].invite_id, challenges.sent[0].progress) = (None, Progress::Sending);
        app
    }

    fn progress(app: &App) -> Option<Progress> {
        app.world().resource::<Challenges>().to(UserId(7)).map(|(progress, _)| progress.clone())
    }

    #[test]
    fn an_accept_that_overtakes_the_reply_leads_into_the_match() {
        let mut app = sending(Some(3));
        tell(&mut app, SentProgress::Accepted);
        assert_eq!(entered(&app), 1);
        answered(&mut app, Ok(4));
        assert_eq!(progress(&app), Some(Progress::Over("Played".into())));
    }

    #[test]
    fn news_of_an_earlier_challenge_are_not_taken_for_those_of_the_next() {
        let mut app = sending(Some(4));
        tell(&mut app, SentProgress::Expired);
        assert_eq!(progress(&app), Some(Progress::Sending));
        answered(&mut app, Ok(5));
        assert_eq!(progress(&app), Some(Progress::Sent));
    }

    #[test]
    fn a_challenge_that_failed_is_followed_no_more() {
        let mut app = sending(None);
        answered(&mut app, Err(rallypoint::Error::Timeout));
        tell(&mut app, SentProgress::Accepted);
        assert_eq!((entered(&app), progress(&app)), (0, Some(Progress::Over("Not sent".into()))));
    }
}
