//! What a finished match leaves behind plays again to the same end.

use std::time::Duration;

use anyhow::{Context as _, Result};
use rallypoint_pong::{
    TICK,
    bot::Paddle,
    client::{GameClient, GameNews},
    replay::{Mark, Replay},
    rules::{Outcome, Phase, Rules, Side, Speed},
    wire::ServerMessage,
};
use rallypoint_protocol::{GameId, UserId};
use rallypoint_server::game::{GameConfig, GameEvent, GameServer, Player};
use tokio::sync::mpsc::Receiver;

const PLAYERS: [UserId; 2] = [UserId(1), UserId(2)];
const LONGEST_MATCH: Duration = Duration::from_secs(120);

struct Arena {
    server: GameServer,
    events: Receiver<GameEvent>,
    game: GameId,
}

impl Arena {
    async fn new() -> Result<Self> {
        let config = GameConfig { listen: ([127, 0, 0, 1], 0).into(), ..GameConfig::default() };
        let (server, events) = GameServer::bind(config).await?;
        let game: GameId = "3ec98ef7-1e7f-4319-9157-b835c1f0e45b".parse()?;
        let rules = Rules { speed: Speed::Fast, score_to_win: 3, cool_mode: true, ..Rules::default() };
        server.open_room(game, rules, 7)?;
        for user_id in PLAYERS {
            server.admit(game, Player { user_id, name: user_id.to_string() })?;
        }
        Ok(Self { server, events, game })
    }

    fn connect(&self, user: UserId) -> Result<Seated> {
        let ticket = self.server.issue_token(self.game, user)?;
        let client = GameClient::connect_base64(&ticket.token_base64).map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(Seated { client, bot: None, points: 0 })
    }

    async fn finished(&mut self) -> Result<([u8; 2], Vec<u8>)> {
        loop {
            let event = self.events.recv().await.context("no more events")?;
            if let GameEvent::Finished { scores, replay, .. } = event {
                return Ok((scores, replay.0.to_vec()));
            }
        }
    }
}

struct Seated {
    client: GameClient,
    bot: Option<Paddle>,
    points: usize,
}

impl Seated {
    /// One tick passes. How the match ended, once it has.
    fn update(&mut self) -> Option<(Outcome, [u8; 2])> {
        self.client.update(TICK);
        while let Some(news) = self.client.poll() {
            match news {
                GameNews::Message(ServerMessage::Welcome { side, .. }) => {
                    // The right one misses more often.
                    self.bot = Some(Paddle::new(side, if side == Side::Left { 1.0 } else { 0.2 }, 11));
                    self.client.ready();
                }
                GameNews::Message(ServerMessage::Point { .. }) => self.points += 1,
                GameNews::Message(ServerMessage::Finished { outcome, scores }) => return Some((outcome, scores)),
                GameNews::Snapshot(snapshot) => {
                    if let Some(bot) = &mut self.bot {
                        self.client.set_input(bot.play(&snapshot));
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// Plays until the match is over. The right player drops after the first point and comes back.
async fn play(arena: &Arena) -> Result<(Outcome, [u8; 2])> {
    let (mut left, mut right) = (arena.connect(PLAYERS[0])?, arena.connect(PLAYERS[1])?);
    let mut dropped = false;
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
        right.update();
        if let Some(end) = left.update() {
            return Ok(end);
        }
        if left.points == 1 && !dropped {
            dropped = true;
            right.client.disconnect();
            right = arena.connect(PLAYERS[1])?;
        }
    }
}

#[tokio::test]
async fn a_match_with_a_pause_plays_again_to_the_same_end() -> Result<()> {
    let mut arena = Arena::new().await?;
    let (outcome, seen) =
        tokio::time::timeout(LONGEST_MATCH, play(&arena)).await.context("the match did not end")??;
    let (scores, bytes) = arena.finished().await?;
    assert_eq!(scores, seen);
    let replay = Replay::decode(&bytes)?;
    let again = replay.play();
    assert_eq!((again.scores, again.phase), (scores, Phase::Finished(outcome)));
    let marks: Vec<_> = replay.marks().iter().map(|(_, mark)| *mark).collect();
    assert_eq!(marks, [Mark::Paused(Side::Right), Mark::Resumed]);
    assert!(bytes.len() < replay.ticks() as usize * 2, "{} bytes for {} ticks", bytes.len(), replay.ticks());
    Ok(())
}

#[tokio::test]
async fn a_forfeit_is_part_of_the_record() -> Result<()> {
    let mut arena = Arena::new().await?;
    let (mut left, mut right) = (arena.connect(PLAYERS[0])?, arena.connect(PLAYERS[1])?);
    let ending = async {
        let mut ticks = tokio::time::interval(TICK);
        loop {
            ticks.tick().await;
            right.update();
            if let Some((outcome, _)) = left.update() {
                return outcome;
            }
            if left.points == 1 {
                right.client.leave();
            }
        }
    };
    let outcome = tokio::time::timeout(LONGEST_MATCH, ending).await.context("the match did not end")?;
    let (scores, bytes) = arena.finished().await?;
    let again = Replay::decode(&bytes)?.play();
    assert_eq!((again.scores, again.phase), (scores, Phase::Finished(outcome)));
    Ok(())
}
