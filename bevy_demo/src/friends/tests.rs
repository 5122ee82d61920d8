use bevy::ecs::system::RunSystemOnce;
use bevy_rallypoint::{PresenceChanged, RallypointReply};
use rallypoint::{Client, Error, protocol::Timestamp};

use super::*;
use crate::{game::Opponent, toast::Toast, ui::Press};

fn user(id: i64) -> User {
    User {
        id: UserId(id),
        username: format!("user{id}"),
        display_name: format!("User {id}"),
        tag: "0001".into(),
        image_url: None,
        created_at: Timestamp(0),
        online: true,
    }
}

fn app() -> App {
    let mut app = App::new();
    app.add_plugins(MinimalPlugins)
        .insert_resource(Rallypoint(Client::builder("http://127.0.0.1:9").build().unwrap()))
        .init_resource::<People>()
        .init_resource::<Open>()
        .init_resource::<Pending>()
        .init_resource::<Blocked>()
        .init_resource::<Roster>()
        .init_resource::<act::LastAct>()
        .add_message::<Act>()
        .add_message::<RallypointReply>()
        .add_message::<PresenceChanged>()
        .add_message::<Toast>();
    app
}

#[test]
fn another_search_is_news_even_if_it_finds_the_same_people() {
    #[derive(Resource, Default)]
    struct Drawn(usize);
    let mut app = app();
    app.init_resource::<Drawn>().add_systems(
        Update,
        (hear::found, |people: Res<People>, mut drawn: ResMut<Drawn>| drawn.0 += usize::from(people.is_changed()))
            .chain(),
    );
    let field = app.world_mut().spawn((Field::default(), Search)).id();
    app.update();
    let before = app.world().resource::<Drawn>().0;
    for (search, drawn) in [("", 1), ("", 1), ("us", 2), ("us", 2), ("", 3)] {
        app.world_mut().get_mut::<Field>(field).unwrap().text = search.into();
        let reply = RallypointReply::UsersFound { search: search.into(), result: Ok(vec![user(1)]) };
        app.world_mut().write_message(reply);
        app.update();
        assert_eq!(app.world().resource::<Drawn>().0 - before, drawn, "{search}");
        let people = app.world().resource::<People>();
        assert_eq!(people.results().is_some(), !search.is_empty());
    }
}

#[test]
fn the_second_press_of_a_double_click_does_nothing() {
    let mut app = app();
    let invite = |id: i64| Act::Invite(Opponent { id: UserId(id), name: format!("User {id}#0001") });
    let [map, moved_under] = [1, 2].map(|id| app.world_mut().spawn(invite(id)).observe(act::press).id());
    for button in [map, moved_under] {
        app.world_mut().trigger(Press(button));
    }
    assert_eq!(app.world_mut().resource_mut::<Messages<Act>>().drain().collect::<Vec<_>>(), [invite(1)]);
    app.world_mut().resource_mut::<Time<Real>>().advance_by(act::REST);
    app.world_mut().trigger(Press(moved_under));
    assert_eq!(app.world_mut().resource_mut::<Messages<Act>>().drain().collect::<Vec<_>>(), [invite(2)]);
}

#[test]
fn a_drawer_stays_open_whatever_becomes_of_others() {
    let mut app = app();
    app.add_systems(Update, hear::replies);
    app.world_mut().resource_mut::<Open>().0 = Some((UserId(1), Drawer::More));
    app.world_mut().write_message(RallypointReply::Blocked { user: UserId(2), result: Ok(()) });
    let friendship_id = FriendshipId(1);
    app.world_mut().write_message(RallypointReply::FriendRemoved { friendship_id, result: Err(Error::Timeout) });
    app.update();
    assert_eq!(app.world().resource::<Open>().of(UserId(1)), Some(Drawer::More));
    app.world_mut().run_system_once(close_drawer).unwrap();
    assert_eq!(app.world().resource::<Open>().of(UserId(1)), None, "who is no friend has none");
}
