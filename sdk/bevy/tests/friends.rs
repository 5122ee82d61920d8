//! Friends without a window: against a server of the test's own that knows a few answers.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use bevy::prelude::*;
use bevy_rallypoint::{Roster, prelude::*};
use rallypoint::{Client, FriendshipId, UserId};
use serde_json::{Value, json};

fn user(id: i64, name: &str) -> Value {
    json!({
        "id": id, "username": name.to_lowercase(), "display_name": name, "tag": "0001", "image_url": null,
        "created_at": "2026-07-24T09:00:00.000Z", "online": true,
    })
}

fn friendship(status: &str) -> Value {
    json!({
        "friendship_id": "3", "status": status, "incoming": true, "since": "2026-07-24T09:00:00.000Z",
        "user": user(7, "Ace"),
    })
}

/// To a method and a path.
fn answer(request: &str) -> (u16, Value) {
    match request {
        "POST /auth/guest" => {
            let login = json!({
                "status": "success", "user": user(1, "Zoe"), "access_token": "a", "refresh_token": "r",
                "token_type": "Bearer", "expires_in": 900,
            });
            (201, login)
        }
        "POST /friends/3/accept" => (200, friendship("accepted")),
        "GET /invite/check/1" | "GET /invite/sent" => (200, json!({ "status": "success", "invites": [] })),
        "GET /maps" => (200, json!(["classic", "arena"])),
        request if request.starts_with("GET /friends/requests/") => (200, json!([friendship("pending")])),
        request if request.starts_with("GET /friends/?") => (200, json!([])),
        _ => (404, json!({ "status": "error", "code": "NOT_FOUND", "message": "Nothing is there" })),
    }
}

fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? > 0 {
        request.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&request).into_owned();
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    stream.read_exact(&mut vec![0; length.unwrap_or(0)])?;
    let (status, body) = answer(head.split(" HTTP").next().unwrap_or_default());
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n\
         {body}",
        body.len()
    )
}

#[derive(Resource, Default)]
struct Replies(Vec<String>);

fn app() -> App {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = serve(stream);
        }
    });
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, RallypointPlugin::from_client(Client::builder(url).build().unwrap())))
        .init_resource::<Replies>()
        .add_systems(Update, |mut replies: MessageReader<RallypointReply>, mut seen: ResMut<Replies>| {
            seen.0.extend(replies.read().map(|reply| format!("{reply:?}")));
        });
    app.world_mut().write_message(RallypointCommand::SignIn(SignIn::Guest { display_name: Some("Zoe".into()) }));
    app
}

fn until(app: &mut App, what: &str, mut done: impl FnMut(&World) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done(app.world()) {
        assert!(Instant::now() < deadline, "{what}: {:?}", app.world().resource::<Replies>().0);
        app.update();
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn replied(app: &mut App, command: RallypointCommand, beginning: &str) -> String {
    app.world_mut().write_message(command);
    let find = |world: &World| world.resource::<Replies>().0.iter().find(|reply| reply.starts_with(beginning)).cloned();
    until(app, beginning, |world| find(world).is_some());
    find(app.world()).unwrap()
}

#[test]
fn the_roster_is_read_after_the_sign_in_and_follows_what_is_done() {
    let mut app = app();
    assert!(!app.world().resource::<Roster>().fetched());
    until(&mut app, "the roster is read", |world| world.resource::<Roster>().fetched());
    let roster = app.world().resource::<Roster>();
    assert_eq!(roster.incoming().map(|friend| friend.user.id).collect::<Vec<_>>(), [UserId(7)]);

    replied(&mut app, RallypointCommand::AcceptFriend(FriendshipId(3)), "FriendAccepted");
    let roster = app.world().resource::<Roster>();
    assert_eq!((roster.friends().len(), roster.incoming().count()), (1, 0), "known by the time of the reply");
}

#[test]
fn commands_reach_the_server_and_tell_what_it_says() {
    let mut app = app();
    until(&mut app, "the roster is read", |world| world.resource::<Roster>().fetched());
    let maps = replied(&mut app, RallypointCommand::FindMaps, "MapsFound");
    assert!(maps.contains("arena"), "{maps}");
    let challenge = RallypointCommand::Challenge { friend: UserId(7), map: "arena".into() };
    let refused = replied(&mut app, challenge, "Challenged");
    assert!(refused.contains("UserId(7)") && refused.contains("Nothing is there"), "{refused}");
    let asked = RallypointCommand::RequestFriend(Whom::Username("nobody".into()));
    assert!(replied(&mut app, asked, "FriendRequested").contains("Nothing is there"));
}
