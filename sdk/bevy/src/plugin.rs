//! The plugin that owns the client: events in, commands out.

use std::{
    sync::{
        Mutex,
        mpsc::{self, Receiver, Sender},
    },
    time::Duration,
};

use bevy::prelude::*;
use rallypoint::{Client, Error, Events};

use crate::{
    InviteQueue, RallypointCommand, RallypointReply, Roster,
    message::{self, Dispatch},
    queue, roster,
};

/// How long leaving the app may take to say goodbye to the server.
const GOODBYE: Duration = Duration::from_millis(500);

/// The client. Anything that the commands don't cover can be done on it directly.
#[derive(Resource, Clone, Deref)]
pub struct Rallypoint(pub Client);

/// When the plugin does its work, for `before` and `after`.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RallypointSystems {
    /// Events and replies become messages, and [`InviteQueue`] and [`Roster`] follow. In `PreUpdate`.
    Receive,
    /// Commands are handed to the client. In `PostUpdate`.
    Send,
}

/// Connects a Bevy app to a Rallypoint server.
pub struct RallypointPlugin {
    client: Client,
}

impl RallypointPlugin {
    /// For a server such as `http://127.0.0.1:7777`. No network is used before the first sign-in.
    ///
    /// # Errors
    /// The address is none, or the client's thread could not be started.
    pub fn new(url: impl Into<String>) -> Result<Self, Error> {
        Client::builder(url).build().map(Self::from_client)
    }

    /// With a client built elsewhere, for instance with other time limits.
    pub fn from_client(client: Client) -> Self {
        Self { client }
    }
}

impl Plugin for RallypointPlugin {
    fn build(&self, app: &mut App) {
        message::register(app);
        app.add_message::<RallypointCommand>()
            .add_message::<RallypointReply>()
            .init_resource::<InviteQueue>()
            .insert_resource(Roster(self.client.friends().state()))
            .insert_resource(Rallypoint(self.client.clone()))
            .insert_resource(Inbox { events: Mutex::new(self.client.events()), missed: 0 })
            .insert_resource(Replies::default())
            .add_systems(
                PreUpdate,
                (receive, queue::follow, roster::follow, resync).chain().in_set(RallypointSystems::Receive),
            )
            .add_systems(PostUpdate, send.in_set(RallypointSystems::Send))
            .add_systems(Last, say_goodbye.run_if(on_message::<AppExit>));
    }
}

#[derive(Resource)]
struct Inbox {
    events: Mutex<Events>,
    /// How many events were lost to a full subscription when last looked at.
    missed: u64,
}

#[derive(Resource)]
struct Replies {
    sender: Sender<RallypointReply>,
    receiver: Mutex<Receiver<RallypointReply>>,
}

impl Default for Replies {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel();
        Self { sender, receiver: Mutex::new(receiver) }
    }
}

fn receive(
    mut inbox: ResMut<Inbox>,
    mut replies: ResMut<Replies>,
    mut dispatch: Dispatch,
    mut answered: MessageWriter<RallypointReply>,
) {
    // What a call has changed is told before it returns: whoever reads a reply has read that, too.
    let receiver = replies.bypass_change_detection().receiver.get_mut();
    let returned: Vec<_> = receiver.map(|receiver| receiver.try_iter().collect()).unwrap_or_default();
    if let Ok(events) = inbox.bypass_change_detection().events.get_mut() {
        while let Some(event) = events.try_next() {
            dispatch.send(event);
        }
    }
    answered.write_batch(returned);
}

/// A subscription that was too full has lost news; the client's own lists have not.
fn resync(
    mut inbox: ResMut<Inbox>,
    mut queue: ResMut<InviteQueue>,
    mut roster: ResMut<Roster>,
    client: Res<Rallypoint>,
) {
    let inbox = inbox.bypass_change_detection();
    let missed = inbox.events.get_mut().map_or(0, |events| events.missed());
    if std::mem::replace(&mut inbox.missed, missed) != missed {
        queue.replace(client.invites().list());
        Roster::replace(&mut roster, client.friends().state());
    }
}

fn send(mut commands: MessageReader<RallypointCommand>, client: Res<Rallypoint>, replies: Res<Replies>) {
    for command in commands.read() {
        let (command, client, sender) = (command.clone(), client.0.clone(), replies.sender.clone());
        let runner = client.clone();
        runner.spawn(async move {
            if let Some(reply) = command.run(&client).await {
                // Nobody listens any more once the app has gone.
                let _ = sender.send(reply);
            }
        });
    }
}

fn say_goodbye(client: Res<Rallypoint>) {
    if !client.shutdown(GOODBYE) {
        debug!("the server was not told that the app is leaving; its lease runs out by itself");
    }
}
