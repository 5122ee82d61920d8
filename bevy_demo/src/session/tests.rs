use bevy::state::app::StatesPlugin;
use rallypoint::{
    Client, InviteEntry, InviteState,
    protocol::{
        GameId, Timestamp,
        invite::{InviteKind, InviteReceived, InviteResponded, InviteStatus},
    },
};

use super::*;

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

fn rings(app: &mut App, id: i64, map: Option<&str>) {
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

#[test]
fn whoever_accepts_a_challenge_knows_the_map() {
    let mut app = app();
    rings(&mut app, 1, None);
    rings(&mut app, 2, Some("arena"));
    accepted(&mut app, 2);
    let entry = app.world().resource::<Entry>();
    assert_eq!(entry.map.as_deref(), Some("arena"));
    assert_eq!(entry.opponent.as_ref().map(|opponent| opponent.id), Some(UserId(7)));
    accepted(&mut app, 1);
    assert_eq!(app.world().resource::<Entry>().map, None, "an invite into a session is about no map");
}
