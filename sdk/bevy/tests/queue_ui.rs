//! The plugin without a window: messages in, commands out, cards in between.

use std::time::{Duration, Instant};

use bevy::{ecs::system::RunSystemOnce, prelude::*};
use bevy_rallypoint::{FrontInvite, InviteCard, InviteQueueKeys, prelude::*};
use rallypoint::{
    Client, InviteId,
    protocol::invite::{InviteAnswer, InviteReceived},
};

/// Every command that the app has written.
#[derive(Resource, Default)]
struct Sent(Vec<RallypointCommand>);

fn app() -> App {
    // Nobody listens there, and nothing is asked of it before a sign-in.
    let client = Client::builder("http://127.0.0.1:1").build().unwrap();
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, RallypointPlugin::from_client(client), InviteQueueUiPlugin))
        .init_resource::<ButtonInput<KeyCode>>()
        .init_resource::<Sent>()
        .add_systems(Last, |mut commands: MessageReader<RallypointCommand>, mut sent: ResMut<Sent>| {
            sent.0.extend(commands.read().cloned());
        });
    app.update();
    app
}

fn invite(id: i64, sender: &str) -> InviteEntry {
    let invite: InviteReceived = serde_json::from_value(serde_json::json!({
        "invite_id": id, "sender_id": id, "sender_name": sender, "session_code": "K7QX2M",
        "created_at": "2026-07-24T09:13:00.000Z", "expires_at": "2026-07-24T09:15:00.000Z", "expires_in": 120,
    }))
    .unwrap();
    InviteEntry {
        invite,
        expires_at: Instant::now() + Duration::from_secs(120),
        state: InviteState::Ringing,
        seen: false,
    }
}

fn three_invites() -> App {
    let mut app = app();
    for (id, sender) in [(1, "Ace#0001"), (2, "Bea#0002"), (3, "Cid#0003")] {
        app.world_mut().write_message(InviteAdded(invite(id, sender)));
    }
    app.update();
    app.update();
    app
}

fn front(app: &App) -> Option<InviteId> {
    app.world().resource::<FrontInvite>().id
}

fn press(app: &mut App, key: KeyCode) {
    app.world_mut().resource_mut::<ButtonInput<KeyCode>>().press(key);
    app.update();
    app.world_mut().resource_mut::<ButtonInput<KeyCode>>().reset(key);
}

fn texts(app: &mut App) -> Vec<String> {
    let mut texts = app.world_mut().query::<&Text>();
    texts.iter(app.world()).map(|text| text.0.clone()).collect()
}

/// The answers that were sent, in short.
fn answers(app: &App) -> Vec<(InviteId, InviteAnswer)> {
    let sent = &app.world().resource::<Sent>().0;
    sent.iter()
        .filter_map(|command| match command {
            RallypointCommand::Accept(id) => Some((*id, InviteAnswer::Accept)),
            RallypointCommand::Decline(id) => Some((*id, InviteAnswer::Decline)),
            _ => None,
        })
        .collect()
}

#[test]
fn every_invite_gets_a_card_is_acknowledged_once_and_the_newest_is_in_front() {
    let mut app = three_invites();
    for _ in 0..5 {
        app.update();
    }
    let cards = app.world_mut().query::<&InviteCard>().iter(app.world()).count();
    assert_eq!((cards, front(&app)), (3, Some(InviteId(3))));
    let mut shown: Vec<i64> = app
        .world()
        .resource::<Sent>()
        .0
        .iter()
        .filter_map(|command| if let RallypointCommand::Shown(id) = command { Some(id.0) } else { None })
        .collect();
    shown.sort_unstable();
    assert_eq!(shown, [1, 2, 3]);
    assert!(texts(&mut app).iter().any(|text| text == "Cid#0003"));
}

#[test]
fn keys_answer_the_card_in_front() {
    let mut app = three_invites();
    press(&mut app, KeyCode::Tab);
    assert_eq!(front(&app), Some(InviteId(2)));
    press(&mut app, KeyCode::KeyA);
    press(&mut app, KeyCode::Tab);
    press(&mut app, KeyCode::KeyD);
    assert_eq!(answers(&app), [(InviteId(2), InviteAnswer::Accept), (InviteId(1), InviteAnswer::Decline)]);
}

#[test]
fn an_invite_that_is_being_answered_takes_no_second_answer() {
    let mut app = three_invites();
    let acting = InviteEntry { state: InviteState::Acting(InviteAnswer::Accept), ..invite(3, "Cid#0003") };
    app.world_mut().write_message(InviteChanged(acting));
    app.update();
    press(&mut app, KeyCode::KeyA);
    press(&mut app, KeyCode::KeyD);
    assert_eq!(answers(&app), []);
    assert!(texts(&mut app).iter().any(|text| text.starts_with("Accepting")), "progress stands on the button");
}

#[test]
fn keys_are_left_alone_while_they_mean_something_else() {
    let mut app = three_invites();
    app.world_mut().resource_mut::<InviteQueueKeys>().enabled = false;
    press(&mut app, KeyCode::KeyA);
    press(&mut app, KeyCode::Tab);
    assert_eq!((answers(&app), front(&app)), (vec![], Some(InviteId(3))));
}

#[test]
fn escape_tucks_the_queue_away_until_tab_or_a_new_invite() {
    let mut app = three_invites();
    press(&mut app, KeyCode::Escape);
    press(&mut app, KeyCode::KeyA);
    assert_eq!(answers(&app), [], "what can't be seen is not answered");
    assert!(texts(&mut app).iter().any(|text| text == "3 invites wait"));
    press(&mut app, KeyCode::Tab);
    assert!(!app.world().resource::<FrontInvite>().tucked_away);
    press(&mut app, KeyCode::Escape);
    app.world_mut().write_message(InviteAdded(invite(4, "Dee#0004")));
    app.update();
    app.update();
    assert_eq!((app.world().resource::<FrontInvite>().tucked_away, front(&app)), (false, Some(InviteId(4))));
}

#[test]
fn a_queue_that_is_folded_away_says_no_farewell() {
    let mut app = three_invites();
    app.world_mut().resource_mut::<InviteQueueTheme>().reduce_motion = true;
    press(&mut app, KeyCode::Escape);
    let gone = invite(3, "Cid#0003");
    app.world_mut().write_message(InviteRemoved { entry: gone, reason: RemovalReason::Accepted });
    app.update();
    app.update();
    let mut cards = app.world_mut().query_filtered::<&UiTransform, With<InviteCard>>();
    for place in cards.iter(app.world()) {
        assert!(matches!(place.translation.x, Val::Px(x) if x > 100.0), "{:?} is outside", place.translation);
    }
}

#[test]
fn a_card_says_why_it_goes_and_then_is_gone() {
    let mut app = three_invites();
    {
        let mut theme = app.world_mut().resource_mut::<InviteQueueTheme>();
        theme.motion = Duration::ZERO;
        theme.farewell = Duration::from_secs(3600);
    }
    let removed = InviteRemoved { entry: invite(3, "Cid#0003"), reason: RemovalReason::Cancelled };
    app.world_mut().write_message(removed.clone());
    app.update();
    app.update();
    assert!(texts(&mut app).iter().any(|text| text == "Cid took the invite back"));
    assert_eq!(front(&app), Some(InviteId(2)), "the next one comes to the front");

    let mut theme = app.world_mut().resource_mut::<InviteQueueTheme>();
    theme.farewell = Duration::ZERO;
    app.world_mut().write_message(InviteRemoved { entry: invite(2, "Bea#0002"), reason: RemovalReason::Expired });
    for _ in 0..4 {
        app.update();
    }
    let ids: Vec<InviteId> = app.world_mut().query::<&InviteCard>().iter(app.world()).map(|card| card.0).collect();
    assert!(!ids.contains(&InviteId(2)), "{ids:?}");
}

#[test]
fn a_refused_answer_stands_on_the_card_and_can_be_repeated() {
    let mut app = three_invites();
    let error = rallypoint::Error::Api(rallypoint::ErrorCode::SessionFull.into());
    app.world_mut().write_message(RallypointReply::InviteAnswered {
        invite_id: InviteId(3),
        answer: InviteAnswer::Accept,
        result: Err(error),
    });
    app.update();
    app.update();
    assert!(texts(&mut app).iter().any(|text| text.starts_with("The session is full")), "{:?}", texts(&mut app));
    press(&mut app, KeyCode::KeyA);
    assert_eq!(answers(&app), [(InviteId(3), InviteAnswer::Accept)]);
}

#[test]
fn a_challenge_names_its_map_and_shows_its_picture() {
    let mut app = app();
    let picture = Handle::<Image>::default();
    let mut theme = app.world_mut().resource_mut::<InviteQueueTheme>();
    theme.map_pictures.insert("arena".into(), picture.clone());
    for (id, map) in [(1, "arena"), (2, "moon")] {
        let mut entry = invite(id, "Ace#0001");
        entry.invite = serde_json::from_value(serde_json::json!({
            "invite_id": id, "kind": "map", "sender_id": 7, "sender_name": "Ace#0001", "map": map, "friendship_id": "3",
            "created_at": "2026-07-24T09:13:00.000Z", "expires_at": "2026-07-24T09:15:00.000Z", "expires_in": 120,
        }))
        .unwrap();
        app.world_mut().write_message(InviteAdded(entry));
    }
    app.update();
    app.update();
    let pictures = |app: &mut App| app.world_mut().query::<&ImageNode>().iter(app.world()).count();
    assert!(texts(&mut app).iter().any(|text| text == "a challenge on Moon"));
    assert_eq!(pictures(&mut app), 0, "nobody has drawn the moon");
    press(&mut app, KeyCode::Tab);
    app.update();
    assert!(texts(&mut app).iter().any(|text| text == "a challenge on Arena"));
    assert_eq!(pictures(&mut app), 1);
    press(&mut app, KeyCode::KeyA);
    assert_eq!(answers(&app), [(InviteId(1), InviteAnswer::Accept)]);
}

#[test]
fn commands_are_answered_in_a_later_frame() {
    #[derive(Resource, Default)]
    struct Failed(bool);

    let mut app = app();
    app.init_resource::<Failed>().add_systems(
        Update,
        |mut replies: MessageReader<RallypointReply>, mut failed: ResMut<Failed>| {
            failed.0 |= replies.read().any(|reply| matches!(reply, RallypointReply::SignedIn(Err(_))));
        },
    );
    app.world_mut().write_message(RallypointCommand::SignIn(SignIn::Guest { display_name: None }));
    let deadline = Instant::now() + Duration::from_secs(20);
    while !app.world().resource::<Failed>().0 {
        assert!(Instant::now() < deadline, "nobody listens there, and it is said");
        app.update();
        std::thread::yield_now();
    }
}

#[test]
fn conditions_tell_what_is_the_case() {
    let mut app = app();
    let world = app.world_mut();
    assert!(!world.run_system_once(signed_in).unwrap());
    assert!(!world.run_system_once(invites_waiting).unwrap());
    assert!(!world.run_system_once(in_queue).unwrap());
    assert!(!world.run_system_once(matched).unwrap());
    assert!(world.run_system_once(link_is(LinkState::SignedOut)).unwrap());
    let mut app = three_invites();
    assert!(app.world_mut().run_system_once(invites_waiting).unwrap());
}
