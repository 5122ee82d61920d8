//! A match over renet: in with the token, ready, predict, and back in after a drop.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::Context;
use base64::prelude::{BASE64_STANDARD, Engine};
use bevy::prelude::*;
use bevy_rallypoint::{Rallypoint, RallypointCommand, RallypointReply, prelude::RallypointSystems};
use bevy_renet::{
    RenetClient, RenetClientPlugin, RenetReceive,
    netcode::{ClientAuthentication, ConnectToken, NetcodeClientPlugin, NetcodeClientTransport},
};
use rallypoint::protocol::SessionCode;
use rallypoint_pong::{
    CHANNEL_RELIABLE, CHANNEL_UNRELIABLE, CLIENT_SEND_RATE, connection_config,
    predict::Predictor,
    rules::{Outcome, Side},
    snapshot::{Snapshot, SnapshotDecoder},
    wire::{self, ClientMessage, ServerMessage},
};

use crate::{
    Screen,
    game::{DecidePaddle, EnterGame, LeaveWish, MatchEnd, PaddleIntent, ReadyWish, Stage, Table},
    toast::{Toast, advice},
    tokens::*,
};

/// How long the last moment of a match stays before the result.
const LAST_LOOK: Duration = Duration::from_millis(1200);

/// The newest snapshot, for whoever plays without looking.
#[derive(Resource, Default)]
pub struct LatestSnapshot(pub Option<Snapshot>);

/// The game that one is in, or on the way into.
#[derive(Resource)]
pub struct Online {
    code: SessionCode,
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
    stage: wire::Stage,
}

pub struct OnlinePlugin;

impl Plugin for OnlinePlugin {
    fn build(&self, app: &mut App) {
        let pumping = resource_exists::<NetcodeClientTransport>.and_then(resource_exists::<RenetClient>);
        let online = resource_exists::<Online>;
        app.init_resource::<LatestSnapshot>()
            .add_plugins(RenetClientPlugin)
            .add_systems(
                PreUpdate,
                (
                    NetcodeClientPlugin::update_system.in_set(RenetReceive).run_if(pumping.clone()),
                    receive.run_if(resource_exists::<RenetClient>.and_then(online)),
                )
                    .chain()
                    .after(RenetClientPlugin::update_system)
                    .after(RallypointSystems::Receive)
                    .after(DecidePaddle),
            )
            .add_systems(
                Update,
                (enter, (take_token, speak, keep_alive, show, finish, leave).chain().distributive_run_if(online))
                    .chain(),
            )
            .add_systems(PostUpdate, send.run_if(pumping.and_then(online)))
            .add_systems(
                Last,
                NetcodeClientPlugin::disconnect_on_exit.run_if(resource_exists::<NetcodeClientTransport>),
            );
    }
}

fn enter(
    mut wishes: MessageReader<EnterGame>,
    online: Option<Res<Online>>,
    mut table: ResMut<Table>,
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
    *table = Table::default();
    match wish.token.as_deref().map(connect) {
        Some(Ok((client, transport))) => {
            commands.insert_resource(client);
            commands.insert_resource(transport);
            asking = false;
        }
        Some(Err(error)) => {
            toasts.write(Toast::bad(format!("The game could not be reached: {error:#}.")));
        }
        None => {}
    }
    if asking {
        rallypoint.write(RallypointCommand::EnterGame(wish.code));
    }
    commands.insert_resource(LatestSnapshot::default());
    commands.insert_resource(Online {
        code: wish.code,
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

fn connect(token: &str) -> anyhow::Result<(RenetClient, NetcodeClientTransport)> {
    let bytes = BASE64_STANDARD.decode(token).context("its token is garbled")?;
    let connect_token = ConnectToken::read(&mut bytes.as_slice()).context("its token is garbled")?;
    let here: SocketAddr = match connect_token.server_addresses.iter().flatten().next() {
        Some(SocketAddr::V6(_)) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        _ => (Ipv4Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(here).context("no UDP socket")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("this machine's clock is before 1970")?;
    let transport = NetcodeClientTransport::new(now, ClientAuthentication::Secure { connect_token }, socket)?;
    Ok((RenetClient::new(connection_config()), transport))
}

fn hang_up(commands: &mut Commands) {
    commands.remove_resource::<RenetClient>();
    commands.remove_resource::<NetcodeClientTransport>();
}

fn take_token(
    mut replies: MessageReader<RallypointReply>,
    mut online: ResMut<Online>,
    mut commands: Commands,
    mut toasts: MessageWriter<Toast>,
) {
    for reply in replies.read() {
        let RallypointReply::GameEntered { code, result } = reply else { continue };
        if *code != online.code || !online.asking {
            continue;
        }
        online.asking = false;
        online.next_try = Instant::now() + RETRY;
        match result.as_ref().map(|access| connect(&access.connect_token)) {
            Ok(Ok((client, transport))) => {
                commands.insert_resource(client);
                commands.insert_resource(transport);
            }
            Ok(Err(error)) => warn!("no connection to the game: {error:#}"),
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

fn receive(
    mut client: ResMut<RenetClient>,
    mut online: ResMut<Online>,
    mut table: ResMut<Table>,
    mut latest: ResMut<LatestSnapshot>,
    screen: Res<State<Screen>>,
    mut next: ResMut<NextState<Screen>>,
) {
    let now = online.epoch.elapsed();
    while let Some(bytes) = client.receive_message(CHANNEL_RELIABLE) {
        let Ok(message) = ServerMessage::decode(&bytes) else {
            warn!("the game server sent what this version can't read");
            continue;
        };
        hear(message, &mut online, &mut table);
    }
    while let Some(bytes) = client.receive_message(CHANNEL_UNRELIABLE) {
        let Some(play) = &mut online.play else { continue };
        if let Ok(Some(snapshot)) = play.decoder.decode(&bytes) {
            play.predictor.snapshot(now, snapshot);
            latest.0 = Some(snapshot);
        }
    }
    if online.play.is_some() && screen.get() == &Screen::Connecting {
        next.set(Screen::Match);
    }
}

fn hear(message: ServerMessage, online: &mut Online, table: &mut Table) {
    match message {
        ServerMessage::Welcome { side, rules, stage, tick, scores } => {
            table.me = side;
            table.scores = scores;
            table.stage = stage_of(stage, table.stage);
            online.play =
                Some(Play { side, predictor: Predictor::new(side, rules), decoder: SnapshotDecoder::new(tick), stage });
        }
        ServerMessage::Seats(seats) => {
            let Some(play) = &mut online.play else { return };
            let (me, other) = (&seats[play.side.index()], &seats[(!play.side).index()]);
            let started = matches!(play.stage, wire::Stage::Active | wire::Stage::Paused | wire::Stage::Finished);
            if !started {
                table.stage =
                    if other.connected { Stage::Ready { me: me.ready, other: other.ready } } else { Stage::Waiting };
            }
            table.names = seats.map(|seat| seat.name);
        }
        ServerMessage::Start { .. } | ServerMessage::Resumed { .. } => {
            if let Some(play) = &mut online.play {
                play.stage = wire::Stage::Active;
            }
            table.stage = Stage::Playing;
        }
        ServerMessage::Point { scores, .. } => table.scores = scores,
        ServerMessage::Paused { side, remaining_ms } => {
            if let Some(play) = &mut online.play {
                play.stage = wire::Stage::Paused;
            }
            if side != table.me {
                let until = Instant::now() + Duration::from_millis(remaining_ms.into());
                table.stage = Stage::OtherGone { until };
            }
        }
        ServerMessage::Finished { outcome, scores } => {
            table.scores = scores;
            table.stage = Stage::Finished;
            online.end = Some((outcome, scores, Instant::now() + LAST_LOOK));
        }
    }
}

fn stage_of(stage: wire::Stage, now: Stage) -> Stage {
    match (stage, now) {
        (wire::Stage::WaitingForReady, Stage::Ready { .. }) => now,
        (wire::Stage::WaitingForReady, _) => Stage::Ready { me: false, other: false },
        (wire::Stage::Active | wire::Stage::Paused, _) => Stage::Playing,
        (wire::Stage::Finished, _) => Stage::Finished,
        (wire::Stage::WaitingForPlayers, _) => Stage::Waiting,
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
        wishes.write(RallypointCommand::EnterGame(online.code));
    }
}

/// Works out what to draw.
fn show(
    mut online: ResMut<Online>,
    client: Option<Res<RenetClient>>,
    intent: Res<PaddleIntent>,
    mut table: ResMut<Table>,
) {
    let now = online.epoch.elapsed();
    let Some(play) = &mut online.play else { return };
    if matches!(table.stage, Stage::Reconnecting { .. }) {
        return;
    }
    if table.stage == Stage::Playing {
        play.predictor.hold(now, intent.0);
    }
    if let Some(view) = play.predictor.view(now) {
        table.ball = Vec2::new(view.ball.0, view.ball.1);
        table.paddles = view.paddles;
    }
    if client.is_some() {
        // Right after a stall nothing sensible can be said; the last figure stands.
        let lag = play.predictor.lag().filter(|lag| *lag < Duration::from_secs(2));
        table.lag = lag.map(|lag| lag.as_millis() as u32).or(table.lag);
    }
}

/// Inputs and everything else go out at a fixed rate, however fast frames are.
fn send(
    mut commands: Commands,
    mut online: ResMut<Online>,
    mut client: ResMut<RenetClient>,
    transport: ResMut<NetcodeClientTransport>,
) {
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
    NetcodeClientPlugin::send_packets(commands.reborrow(), transport, client);
}

/// The match is over, or the way back into it.
fn finish(
    online: Res<Online>,
    table: Res<Table>,
    mut commands: Commands,
    mut toasts: MessageWriter<Toast>,
    mut next: ResMut<NextState<Screen>>,
) {
    let now = Instant::now();
    let name = table.names[(!table.me).index()].clone();
    let end = |won, scores: [u8; 2], reason| MatchEnd {
        won,
        scores: [scores[table.me.index()], scores[(!table.me).index()]],
        reason,
        opponent: if name.is_empty() { table.other_name() } else { name.clone() },
        practice: false,
    };
    let connected = online.play.is_some() && !matches!(table.stage, Stage::Reconnecting { .. });
    match online.end {
        Some((outcome, scores, until)) if now >= until => {
            let won = outcome.winner.map(|winner| winner == table.me);
            commands.insert_resource(end(won, scores, Some(outcome.reason)));
            next.set(Screen::Result);
        }
        None if !connected && now >= online.deadline => match online.play {
            Some(_) => {
                commands.insert_resource(end(Some(false), table.scores, None));
                next.set(Screen::Result);
            }
            None => {
                toasts.write(Toast::bad("The game could not be reached. Ask for a new invite."));
                next.set(Screen::Lobby);
            }
        },
        _ => return,
    }
    hang_up(&mut commands);
    commands.remove_resource::<Online>();
}

/// Out at once where no match is lost by it; otherwise the server's verdict comes first.
fn leave(online: Res<Online>, table: Res<Table>, mut commands: Commands, mut next: ResMut<NextState<Screen>>) {
    if !online.leaving || online.end.is_some() {
        return;
    }
    if !matches!(table.stage, Stage::Playing | Stage::OtherGone { .. }) {
        hang_up(&mut commands);
        commands.remove_resource::<Online>();
        next.set(Screen::Lobby);
    }
}
