//! What the game server says.

use rallypoint_pong::wire::ServerMessage;

use super::*;

pub(super) fn receive(
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
            online.play = Some(Play {
                side,
                predictor: Predictor::new(side, rules),
                decoder: SnapshotDecoder::new(tick),
                lead: Lead::new(rules),
                stage,
            });
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
