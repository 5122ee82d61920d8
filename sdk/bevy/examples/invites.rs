//! Signs in as a guest, shows invites, and says where an accepted one leads.
//!
//! `cargo run -p bevy_rallypoint --example invites -- http://127.0.0.1:7777 Zoe`

use bevy::prelude::*;
use bevy_rallypoint::{prelude::*, rallypoint};

#[derive(Component)]
struct Status;

fn main() -> Result<(), rallypoint::Error> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:7777".into());
    App::new()
        .add_plugins((DefaultPlugins, RallypointPlugin::new(url)?, InviteQueueUiPlugin))
        .add_systems(Startup, start)
        .add_systems(Update, (follow_replies, follow_link))
        .run();
    Ok(())
}

fn start(mut commands: Commands, mut rallypoint: MessageWriter<RallypointCommand>) {
    commands.spawn(Camera2d);
    commands.spawn((Status, Text::new("Signing in"), Node { margin: px(24).all(), ..default() }));
    rallypoint.write(RallypointCommand::SignIn(SignIn::Guest { display_name: std::env::args().nth(2) }));
}

fn follow_replies(mut replies: MessageReader<RallypointReply>, mut status: Single<&mut Text, With<Status>>) {
    for reply in replies.read() {
        match reply {
            RallypointReply::SignedIn(Ok(user)) => status.0 = format!("You are {}. Invite me!", user.full_name()),
            RallypointReply::SignedIn(Err(error)) => status.0 = format!("Not signed in: {error}"),
            RallypointReply::InviteAnswered { result: Ok(answer), .. } => {
                // Hand the address and the connect token to your game's network code here.
                let place = answer.server_ip.as_deref().zip(answer.server_port);
                status.0 = match place {
                    Some((ip, port)) => format!("Accepted: join the game at {ip}:{port}"),
                    None => "Declined".into(),
                };
            }
            _ => {}
        }
    }
}

fn follow_link(mut changes: MessageReader<LinkChanged>) {
    for change in changes.read() {
        info!("the link is now {:?}", change.state);
    }
}
