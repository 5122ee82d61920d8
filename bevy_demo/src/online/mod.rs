//! A match over renet: in with the token, ready, predict, and back in after a drop.

mod figures;
mod finish;
mod hear;
mod transport;

use std::time::{Duration, Instant};

use bevy::prelude::*;
use bevy_rallypoint::{Rallypoint, RallypointCommand, RallypointReply, prelude::RallypointSystems};
use bevy_renet::{RenetClient, RenetClientPlugin};
use rallypoint::protocol::{GameId, matchmaking::QueueState};
use rallypoint_pong::{
    CHANNEL_RELIABLE, CHANNEL_UNRELIABLE, CLIENT_SEND_RATE,
    predict::Predictor,
    rules::{Outcome, Side},
    snapshot::{Snapshot, SnapshotDecoder},
    wire::{self, ClientMessage},
};

use crate::{
    Screen,
    game::{DecidePaddle, EnterGame, Entry, LeaveWish, PaddleIntent, ReadyWish, Stage, Table, Way},
    maps::Look,
    network::Network,
    toast::{Toast, advice},
    tokens::*,
};

use figures::Lead;
pub use figures::{Figures, Summary};
use transport::Wire;

/// How long the last moment of a match stays before the result.
const LAST_LOOK: Duration = Duration::from_millis(1200);

/// The newest snapshot, for whoever plays without looking.
#[derive(Resource, Default)]
pub struct LatestSnapshot(pub Option<Snapshot>);

/// The game that one is in, or on the way into.
#[derive(Resource)]
pub struct Online {
    way: Way,
    /// Which of the session's games, once it is known.
    game: Option<GameId>,
    epoch: Instant,
    /// Known once the game has said welcome.
    play: Option<Play>,
    /// The way in is given up then.
    deadline: Instant,
    /// A token is on its way.
    asking: bool,
    next_try: Instant,
    next_send: Instant,
    end: Option<(Outcome, [u8; 2], Instant)>,
    /// How often the connection was lost and taken up again.
    pub comebacks: u32,
    leaving: bool,
}

struct Play {
    side: Side,
    predictor: Predictor,
    decoder: SnapshotDecoder,
    lead: Lead,
    stage: wire::Stage,
}

pub struct OnlinePlugin;

impl Plugin for OnlinePlugin {
    fn build(&self, app: &mut App) {
        let pumping = resource_exists::<Wire>.and_then(resource_exists::<RenetClient>);
        let online = resource_exists::<Online>;
        app.init_resource::<LatestSnapshot>()
            .init_resource::<Figures>()
            .add_plugins(RenetClientPlugin)
            .add_systems(
                PreUpdate,
                (pump.run_if(pumping.clone()), hear::receive.run_if(resource_exists::<RenetClient>.and_then(online)))
                    .chain()
                    .after(RenetClientPlugin::update_system)
                    .after(RallypointSystems::Receive)
                    .after(DecidePaddle),
            )
            .add_systems(
                Update,
                (
                    enter,
                    (take_token, speak, keep_alive, show, finish::finish, finish::leave, finish::called_off)
                        .chain()
                        .distributive_run_if(online),
                )
                    .chain(),
            )
            .add_systems(PostUpdate, send.run_if(pumping.and_then(online)))
            .add_systems(OnEnter(Screen::SignIn), |mut commands: Commands| abandon(&mut commands))
            .add_systems(Last, (|mut commands: Commands| hang_up(&mut commands)).run_if(on_message::<AppExit>));
    }
}

fn pump(mut wire: ResMut<Wire>, mut client: ResMut<RenetClient>, time: Res<Time<Real>>) {
    wire.receive(time.delta(), &mut client);
}

#[expect(clippy::too_many_arguments, reason = "a system's arguments are what it touches")]
fn enter(
    mut wishes: MessageReader<EnterGame>,
    online: Option<Res<Online>>,
    (entry, mut table, mut figures): (Res<Entry>, ResMut<Table>, ResMut<Figures>),
    network: Res<Network>,
    mut commands: Commands,
    mut rallypoint: MessageWriter<RallypointCommand>,
    mut toasts: MessageWriter<Toast>,
    mut next: ResMut<NextState<Screen>>,
) {
    let Some(wish) = wishes.read().last() else { return };
    if online.is_some() {
        return;
    }
    let now = Instant::now();
    let mut asking = true;
    *table = Table { look: Look::of(entry.map.as_deref()), ..default() };
    *figures = Figures::default();
    match wish.token.as_deref().map(|token| Wire::open(token, &network)) {
        Some(Ok((client, wire))) => {
            commands.insert_resource(client);
            commands.insert_resource(wire);
            asking = false;
        }
        Some(Err(error)) => {
            toasts.write(Toast::bad(format!("The game could not be reached: {error:#}.")));
        }
        None => {}
    }
    if asking {
        rallypoint.write(ask_for_token(wish.way));
    }
    commands.insert_resource(LatestSnapshot::default());
    commands.insert_resource(Online {
        way: wish.way,
        game: wish.game,
        epoch: now,
        play: None,
        deadline: now + CONNECT_LIMIT,
        asking,
        next_try: now + RETRY,
        next_send: now,
        end: None,
        comebacks: 0,
        leaving: false,
    });
    next.set(Screen::Connecting);
}

fn ask_for_token(way: Way) -> RallypointCommand {
    match way {
        Way::Session(code) => RallypointCommand::EnterGame(code),
        Way::Match(_) => RallypointCommand::AskQueue,
    }
}

fn hang_up(commands: &mut Commands) {
    commands.remove_resource::<RenetClient>();
    commands.remove_resource::<Wire>();
}

/// Out of the game, whatever it has come to.
fn abandon(commands: &mut Commands) {
    hang_up(commands);
    commands.remove_resource::<Online>();
}

/// The game and the token that an answer brings for this way; `Ok(None)`: there is no such game any more.
fn token_of(reply: &RallypointReply, way: Way) -> Option<Result<Option<(GameId, &str)>, &rallypoint::Error>> {
    match (reply, way) {
        (RallypointReply::GameEntered { code, result }, Way::Session(mine)) if *code == mine => {
            Some(result.as_ref().map(|access| Some((access.game_id, access.connect_token.as_str()))))
        }
        (RallypointReply::QueueAsked(result), Way::Match(mine)) => Some(result.as_ref().map(|state| match state {
            QueueState::Matched(found) if found.game_id == mine => Some((mine, found.connect_token.as_str())),
            _ => None,
        })),
        _ => None,
    }
}

fn take_token(
    mut replies: MessageReader<RallypointReply>,
    mut online: ResMut<Online>,
    network: Res<Network>,
    mut commands: Commands,
    mut toasts: MessageWriter<Toast>,
) {
    for reply in replies.read() {
        let Some(result) = token_of(reply, online.way).filter(|_| online.asking) else { continue };
        online.asking = false;
        online.next_try = Instant::now() + RETRY;
        match result {
            // The session has begun another game: the one that was played went on to its end.
            Ok(Some((game, _))) if online.play.is_some() && online.game.is_some_and(|mine| mine != game) => {
                online.deadline = Instant::now();
            }
            Ok(Some((game, token))) => match Wire::open(token, &network) {
                Ok((client, wire)) => {
                    online.game = Some(game);
                    commands.insert_resource(client);
                    commands.insert_resource(wire);
                }
                Err(error) => warn!("no connection to the game: {error:#}"),
            },
            Ok(None) => online.deadline = Instant::now(),
            Err(error) => {
                debug!("no way into the game yet: {error}");
                let hopeless = error.code().is_some() && !error.is_retryable();
                if hopeless {
                    toasts.write(Toast::bad(format!("The game is closed to you: {}.", advice(error))));
                    online.deadline = Instant::now();
                }
            }
        }
    }
}

/// Says that the player is ready, or gives up.
fn speak(
    mut ready: MessageReader<ReadyWish>,
    mut leave: MessageReader<LeaveWish>,
    mut online: ResMut<Online>,
    client: Option<ResMut<RenetClient>>,
    table: Res<Table>,
) {
    let ready = ready.read().count() > 0 && matches!(table.stage, Stage::Ready { me: false, .. });
    let leave = leave.read().count() > 0;
    online.leaving |= leave;
    let Some(mut client) = client.filter(|client| client.is_connected()) else { return };
    if ready {
        client.send_message(CHANNEL_RELIABLE, ClientMessage::Ready.encode());
    }
    if leave {
        client.send_message(CHANNEL_RELIABLE, ClientMessage::Leave.encode());
    }
}

/// Notices a lost connection and takes it up again with a fresh token, for as long as the seat is kept.
fn keep_alive(
    mut online: ResMut<Online>,
    client: Option<Res<RenetClient>>,
    rallypoint: Res<Rallypoint>,
    mut table: ResMut<Table>,
    mut commands: Commands,
    mut wishes: MessageWriter<RallypointCommand>,
) {
    let now = Instant::now();
    let cut = rallypoint.network().is_cut();
    if online.end.is_some() {
        return;
    }
    if let Some(client) = client {
        if cut || client.is_disconnected() {
            hang_up(&mut commands);
            online.asking = false;
            online.next_try = now + RETRY;
            if online.play.is_some() && !matches!(table.stage, Stage::Reconnecting { .. }) {
                let until = now + GRACE;
                (online.deadline, online.next_try) = (until, now);
                online.comebacks += 1;
                table.stage = Stage::Reconnecting { until };
            }
        }
        return;
    }
    if !online.asking && !cut && now >= online.next_try {
        online.asking = true;
        wishes.write(ask_for_token(online.way));
    }
}

/// Works out what to draw.
fn show(
    mut online: ResMut<Online>,
    client: Option<Res<RenetClient>>,
    intent: Res<PaddleIntent>,
    (mut table, mut figures): (ResMut<Table>, ResMut<Figures>),
) {
    let now = online.epoch.elapsed();
    let Some(play) = &mut online.play else { return };
    if matches!(table.stage, Stage::Reconnecting { .. }) {
        return;
    }
    let playing = table.stage == Stage::Playing;
    if playing {
        play.predictor.hold(now, intent.0);
        play.lead.hold(now);
    }
    if let Some(mut view) = play.predictor.view(now) {
        let mine = &mut view.paddles[play.side.index()];
        if playing {
            *mine = play.lead.reach(now, *mine, intent.0);
            figures.note(now, intent.0, *mine, &view);
        }
        table.ball = Vec2::new(view.ball.0, view.ball.1);
        table.paddles = view.paddles;
    }
    if client.is_some() {
        // Right after a stall nothing sensible can be said; the last figure stands.
        let lag = play.predictor.lag().filter(|lag| *lag < Duration::from_secs(2));
        table.lag = lag.map(|lag| lag.as_millis() as u32).or(table.lag);
        figures.lag(lag.filter(|_| playing));
    }
}

/// Inputs and everything else go out at a fixed rate, however fast frames are.
fn send(mut online: ResMut<Online>, mut client: ResMut<RenetClient>, mut wire: ResMut<Wire>) {
    let now = Instant::now();
    if now < online.next_send || client.is_disconnected() {
        return;
    }
    let pause = Duration::from_secs(1) / CLIENT_SEND_RATE;
    online.next_send = (online.next_send + pause).max(now);
    if client.is_connected()
        && let Some(message) = online.play.as_mut().and_then(|play| play.predictor.message())
        && client.can_send_message(CHANNEL_UNRELIABLE, message.len())
    {
        client.send_message(CHANNEL_UNRELIABLE, message);
    }
    wire.send(&mut client);
}

#[cfg(test)]
mod tests;
