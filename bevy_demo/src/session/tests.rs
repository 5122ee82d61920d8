use std::time::Instant;

use bevy::state::app::StatesPlugin;
use bevy_rallypoint::{
    InviteAdded, JoinRequested, RallypointCommand, RallypointReply, SentInviteChanged, SessionChanged,
    prelude::Rallypoint,
};
use rallypoint::{
    Client, InviteEntry, InviteState, SentInviteUpdate, SentProgress,
    protocol::{
        GameId, InviteId, SessionCode, Timestamp, UserId,
        auth::Success,
        invite::{InviteAnswer, InviteKind, InviteReceived, InviteResponded, InviteSent, InviteStatus},
        session::{GameOptions, Session, SessionPlayer},
    },
};

use super::*;
use crate::{
    Options,
    game::{EnterGame, Entry, Opponent, Way},
    toast::Toast,
};

const FRIEND: UserId = UserId(7);

fn app() -> App {
    let client = Client::builder("http://127.0.0.1:9").build().unwrap();
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, StatesPlugin))
        .insert_state(Screen::Lobby)
        .insert_resource(Rallypoint(client))
        .insert_resource(Options { cli: crate::Cli::default(), server: String::new(), started: Instant::now() })
        .init_resource::<Entry>()
        .add_message::<RallypointCommand>()
        .add_message::<RallypointReply>()
        .add_message::<InviteAdded>()
        .add_message::<JoinRequested>()
        .add_message::<SentInviteChanged>()
        .add_message::<SessionChanged>()
        .add_message::<EnterGame>()
        .add_message::<Toast>()
        .add_plugins(SessionPlugin);
    app
}

/// An invite of Ace's that rings, for a session or for a match on a map.
pub(crate) fn rings(app: &mut App, id: i64, map: Option<&str>) {
    let invite = InviteReceived {
        invite_id: InviteId(id),
        kind: if map.is_some() { InviteKind::Map } else { InviteKind::Session },
        sender_id: UserId(7),
        sender_name: "Ace#0001".into(),
        session_code: None,
        session_name: None,
        server_ip: None,
        server_port: None,
        map: map.map(str::to_owned),
        friendship_id: None,
        options: None,
        activity_id: None,
        message: None,
        created_at: Timestamp(0),
        expires_at: Timestamp(0),
        expires_in: 300,
    };
    let entry = InviteEntry { invite, expires_at: Instant::now(), state: InviteState::Ringing, seen: false };
    app.world_mut().write_message(InviteAdded(entry));
}

fn accepted(app: &mut App, id: i64) {
    let answer = InviteResponded {
        status: InviteStatus::Accepted,
        invite_id: InviteId(id),
        session_code: Some("K7QX2M".parse().unwrap()),
        server_ip: None,
        server_port: None,
        game_id: "3ec98ef7-1e7f-4319-9157-b835c1f0e45b".parse::<GameId>().ok(),
        connect_token: None,
    };
    app.world_mut().write_message(RallypointReply::InviteAnswered {
        invite_id: InviteId(id),
        answer: InviteAnswer::Accept,
        result: Ok(answer),
    });
    app.update();
}

fn code(code: &str) -> SessionCode {
    code.parse().unwrap()
}

fn court(code: &str, players: &[i64]) -> Session {
    let player = |id: &i64| SessionPlayer { user_id: UserId(*id), name: format!("Player#000{id}") };
    Session {
        session_code: code.parse().unwrap(),
        name: String::new(),
        host_id: UserId(players[0]),
        server_ip: String::new(),
        server_port: 0,
        max_players: 2,
        players: players.iter().map(player).collect(),
        open: true,
        options: GameOptions::default(),
        game_id: None,
        active: true,
    }
}

/// An invite to a friend, on a court that is open for it.
fn invited() -> App {
    let mut app = app();
    app.world_mut().write_message(InvitePerson(Opponent { id: FRIEND, name: "Ace#0001".into() }));
    app.update();
    app.world_mut().write_message(RallypointReply::SessionCreated(Ok(court("H4JT9P", &[1]))));
    app.update();
    let result = Ok(InviteSent {
        status: Success::Success,
        invite_id: InviteId(4),
        session_code: code("H4JT9P"),
        receiver_id: FRIEND,
        receiver_name: "Ace#0001".into(),
        created_at: Timestamp(0),
        expires_at: Timestamp(0),
        expires_in: 120,
    });
    app.world_mut().write_message(RallypointReply::InviteSent { receiver: FRIEND, session: code("H4JT9P"), result });
    app.update();
    assert_eq!(progress(&app), Some(Progress::Sent));
    sent(&mut app);
    app
}

fn progress(app: &App) -> Option<Progress> {
    app.world().resource::<Outgoing>().to(FRIEND).map(|invite| invite.progress.clone())
}

fn tell(app: &mut App, id: i64, progress: SentProgress) {
    let update = SentInviteUpdate {
        invite_id: InviteId(id),
        receiver_id: Some(FRIEND),
        progress,
        session_code: None,
        message: None,
    };
    app.world_mut().write_message(SentInviteChanged(update));
    app.update();
}

fn sent(app: &mut App) -> Vec<String> {
    let mut commands = app.world_mut().resource_mut::<Messages<RallypointCommand>>();
    commands.drain().map(|command| format!("{command:?}")).collect()
}

fn go(app: &mut App, screen: Screen) {
    app.world_mut().resource_mut::<NextState<Screen>>().set(screen);
    app.update();
}

fn way(app: &App) -> Option<Way> {
    app.world().resource::<Entry>().way
}

fn take(app: &mut App, code: &str) {
    app.world_mut().resource_mut::<Entry>().way = Some(Way::Session(code.parse().unwrap()));
    go(app, Screen::Connecting);
}

#[test]
fn whoever_accepts_a_challenge_knows_the_map() {
    let mut app = app();
    rings(&mut app, 1, None);
    rings(&mut app, 2, Some("arena"));
    accepted(&mut app, 2);
    let entry = app.world().resource::<Entry>();
    assert_eq!(entry.map.as_deref(), Some("arena"));
    assert_eq!(entry.opponent.as_ref().map(|opponent| opponent.id), Some(UserId(7)));
    *app.world_mut().resource_mut::<Entry>() = Entry::default();
    accepted(&mut app, 1);
    assert_eq!(app.world().resource::<Entry>().map, None, "an invite into a session is about no map");
}

#[test]
fn after_the_match_the_friend_can_be_invited_again() {
    let mut app = invited();
    tell(&mut app, 4, SentProgress::Accepted);
    assert_eq!(way(&app), Some(Way::Session(code("H4JT9P"))));
    app.world_mut().write_message(SessionChanged(court("H4JT9P", &[1, 7])));
    app.update();
    go(&mut app, Screen::Connecting);
    assert_eq!(progress(&app), None);
    assert_eq!(sent(&mut app), [""; 0], "the court that is played on stays open");
}

#[test]
fn whoever_goes_into_another_match_closes_the_court() {
    let mut app = invited();
    take(&mut app, "K7QX2M");
    assert_eq!(sent(&mut app), [format!("CloseSession({:?})", code("H4JT9P"))]);
    tell(&mut app, 4, SentProgress::Accepted);
    app.world_mut().write_message(SessionChanged(court("H4JT9P", &[1, 7])));
    app.update();
    assert_eq!(way(&app), Some(Way::Session(code("K7QX2M"))));
    assert_eq!(app.world().resource::<Messages<EnterGame>>().len(), 0);
}

#[test]
fn a_friend_who_accepts_on_the_way_into_another_match_is_not_kept_waiting() {
    for told_by_session in [false, true] {
        let mut app = invited();
        app.world_mut().resource_mut::<Entry>().way = Some(Way::Session(code("K7QX2M")));
        if told_by_session {
            app.world_mut().write_message(SessionChanged(court("H4JT9P", &[1, 7])));
            app.update();
        } else {
            tell(&mut app, 4, SentProgress::Accepted);
        }
        assert_eq!(sent(&mut app), [format!("CloseSession({:?})", code("H4JT9P"))]);
        assert_eq!(way(&app), Some(Way::Session(code("K7QX2M"))));
    }
}

#[test]
fn a_link_does_not_lead_out_of_a_match() {
    let mut app = app();
    take(&mut app, "K7QX2M");
    let reply = RallypointReply::SessionJoined { code: code("H4JT9P"), result: Ok(court("H4JT9P", &[7, 1])) };
    app.world_mut().write_message(reply);
    app.update();
    assert_eq!(sent(&mut app), [format!("LeaveSession({:?})", code("H4JT9P"))]);
    assert_eq!(way(&app), Some(Way::Session(code("K7QX2M"))));
}

#[test]
fn a_link_that_is_faster_than_the_lobby_waits_for_it() {
    let mut app = app();
    go(&mut app, Screen::SignIn);
    app.world_mut().write_message(JoinRequested { code: code("H4JT9P") });
    (0..5).for_each(|_| app.update());
    assert_eq!(sent(&mut app), [""; 0]);
    go(&mut app, Screen::Lobby);
    assert_eq!(sent(&mut app), [format!("JoinSession({:?})", code("H4JT9P"))]);
}

#[test]
fn a_court_that_nobody_waits_for_any_more_is_closed() {
    for elsewhere in [Screen::Match, Screen::SignIn] {
        let mut app = app();
        app.world_mut().write_message(Host);
        app.update();
        go(&mut app, elsewhere);
        sent(&mut app);
        app.world_mut().write_message(RallypointReply::SessionCreated(Ok(court("H4JT9P", &[1]))));
        app.update();
        assert!(app.world().resource::<MySession>().0.is_none());
        assert_eq!(sent(&mut app), [format!("CloseSession({:?})", code("H4JT9P"))]);
    }
}

#[test]
fn an_invite_without_a_court_was_not_sent() {
    let mut app = app();
    app.world_mut().write_message(InvitePerson(Opponent { id: FRIEND, name: "Ace#0001".into() }));
    app.update();
    app.world_mut().write_message(RallypointReply::SessionCreated(Err(rallypoint::Error::Timeout)));
    app.update();
    assert_eq!(progress(&app), Some(Progress::Over("Not sent".into())));
}

#[test]
fn news_of_a_challenge_draw_nothing_anew() {
    #[derive(Resource, Default)]
    struct Drawn(usize);
    let mut app = invited();
    app.init_resource::<Drawn>().add_systems(Last, |outgoing: Res<Outgoing>, mut drawn: ResMut<Drawn>| {
        drawn.0 += usize::from(outgoing.is_changed());
    });
    app.update();
    let drawn = app.world().resource::<Drawn>().0;
    tell(&mut app, 9, SentProgress::Seen);
    assert_eq!(app.world().resource::<Drawn>().0, drawn);
    tell(&mut app, 4, SentProgress::Seen);
    assert_eq!((app.world().resource::<Drawn>().0, progress(&app)), (drawn + 1, Some(Progress::Seen)));
}

#[test]
fn an_acceptance_that_overtakes_the_reply_to_the_invite_leads_into_the_match() {
    let mut app = app();
    app.world_mut().write_message(InvitePerson(Opponent { id: FRIEND, name: "Ace#0001".into() }));
    app.update();
    app.world_mut().write_message(RallypointReply::SessionCreated(Ok(court("H4JT9P", &[1]))));
    app.update();
    for (session, entered) in [("K7QX2M", false), ("H4JT9P", true)] {
        let update = SentInviteUpdate {
            invite_id: InviteId(4),
            receiver_id: Some(FRIEND),
            progress: SentProgress::Accepted,
            session_code: Some(code(session)),
            message: None,
        };
        app.world_mut().write_message(SentInviteChanged(update));
        app.update();
        assert_eq!(way(&app).is_some(), entered, "{session}");
    }
}
