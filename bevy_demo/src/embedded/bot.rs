//! Computer players that use the SDK like everybody else: one invites, one accepts, one ignores, one plays whoever
//! waits in the queue. Whoever asks them becomes their friend.

use std::time::{Duration, Instant};

use rallypoint::{
    Client, Event, Events, SentProgress,
    protocol::{
        GameId, InviteId, SessionCode, UserId,
        invite::InviteKind,
        matchmaking::QueueState,
        session::{CreateSession, GameOptions},
        social::Friend,
    },
};
use rallypoint_pong::{
    TICK,
    bot::Paddle,
    client::{GameClient, GameNews},
    rules::Side,
    wire::{ServerMessage, Stage},
};
use tokio::{sync::watch, time};

use super::character::Character;
use crate::quick;

/// How often a bot looks for people.
const LOOK: Duration = Duration::from_millis(750);
/// How long a keen bot sulks before it invites again.
const SULK: Duration = Duration::from_secs(25);
/// How long a bot waits for the other player to turn up in the game.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long there has to be nothing between a bot and its friends before it challenges one.
const REST: Duration = Duration::from_secs(4);
/// How long a bot needs to make up its mind.
const HESITATION: Duration = Duration::from_millis(900);

pub struct Bot {
    who: Character,
    client: Client,
    events: Events,
    score_to_win: u8,
    hosting: Option<SessionCode>,
    /// Whom it has invited, and when.
    invited: Vec<(UserId, Instant)>,
    /// Whom it has asked to be a friend.
    asked: Vec<UserId>,
    /// Whom it has challenged.
    challenged: Vec<UserId>,
    /// Its invites that wait for an answer.
    waiting: Vec<InviteId>,
    /// When something last happened between it and somebody.
    quiet_since: Instant,
    /// Whom it has just played: a rematch is taken in any case.
    partner: Option<UserId>,
    /// Since when somebody has been seen to wait in the queue.
    waits_since: Option<Instant>,
    /// The last match from the queue, which is not played twice.
    played: Option<GameId>,
}

impl Bot {
    /// # Errors
    /// The address is none, or the client's thread could not be started.
    pub fn new(who: Character, url: &str, score_to_win: u8) -> Result<Self, rallypoint::Error> {
        let client = Client::builder(url).build()?;
        let events = client.events();
        Ok(Self {
            who,
            client,
            events,
            score_to_win,
            hosting: None,
            invited: Vec::new(),
            asked: Vec::new(),
            challenged: Vec::new(),
            waiting: Vec::new(),
            quiet_since: Instant::now(),
            partner: None,
            waits_since: None,
            played: None,
        })
    }

    /// Plays until told to leave.
    pub async fn live(mut self, mut leave: watch::Receiver<bool>) {
        tokio::select! {
            result = self.run() => {
                if let Err(error) = result {
                    tracing::warn!("{} has gone home: {error}", self.who.name);
                }
            }
            _ = leave.wait_for(|leave| *leave) => {}
        }
        let client = self.client.clone();
        drop(self);
        // Blocking and bounded.
        let _ = tokio::task::spawn_blocking(move || client.shutdown(Duration::from_secs(1))).await;
    }

    async fn run(&mut self) -> Result<(), rallypoint::Error> {
        self.client.guest(Some(self.who.name)).await?;
        let mut look = time::interval(LOOK);
        let mut seen_since: Option<Instant> = None;
        let mut status_known = false;
        loop {
            tokio::select! {
                event = self.events.next() => match event {
                    Some(event) => self.react(event).await,
                    None => return Ok(()),
                },
                _ = look.tick() => {
                    if !status_known {
                        let status = Some(self.who.status.to_owned());
                        status_known = self.client.presence().set_status(status).await.is_ok();
                    }
                    let people = match self.client.find_users("").await {
                        Ok(people) => people,
                        Err(error) => {
                            tracing::debug!("{} sees nobody: {error}", self.who.name);
                            continue;
                        }
                    };
                    let humans: Vec<UserId> = people
                        .iter()
                        .filter(|user| user.online && !Character::ALL.iter().any(|bot| bot.name == user.display_name))
                        .map(|user| user.id)
                        .collect();
                    match (humans.is_empty(), seen_since) {
                        (true, _) => seen_since = None,
                        (false, None) => seen_since = Some(Instant::now()),
                        (false, Some(since)) if self.who.first_invite.is_some_and(|wait| since.elapsed() >= wait) => {
                            self.invite(&humans).await;
                        }
                        _ => {}
                    }
                    if let Some(map) = self.who.map
                        && let Err(error) = self.mind_friends(&humans, map).await
                    {
                        tracing::debug!("{} finds no friend: {error}", self.who.name);
                    }
                    if self.who.queues
                        && let Err(error) = self.mind_the_queue(&humans).await
                    {
                        tracing::debug!("{} does not get into the queue: {error}", self.who.name);
                    }
                }
            }
        }
    }

    /// Goes into the queue when somebody waits there, and out of it when nobody does.
    async fn mind_the_queue(&mut self, humans: &[UserId]) -> Result<(), rallypoint::Error> {
        let waits = !humans.is_empty()
            && self
                .client
                .presence()
                .of(humans)
                .await?
                .iter()
                .any(|human| human.status.as_deref() == Some(quick::STATUS));
        let queued = matches!(self.client.matchmaking().state(), QueueState::Queued(_));
        match (waits, self.waits_since) {
            (true, None) => self.waits_since = Some(Instant::now()),
            (true, Some(since)) if !queued && since.elapsed() >= HESITATION => {
                self.client.matchmaking().join(GameOptions::default()).await?;
            }
            (false, _) => {
                self.waits_since = None;
                if queued {
                    self.client.matchmaking().leave().await?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Asks everybody once to be a friend, and challenges each friend once when things are quiet.
    async fn mind_friends(&mut self, humans: &[UserId], map: &str) -> Result<(), rallypoint::Error> {
        let known = self.client.friends().state();
        if !known.fetched {
            return Ok(());
        }
        let rested = self.waiting.is_empty() && self.quiet_since.elapsed() >= REST;
        for &human in humans {
            let there = |user: &&Friend| user.user.id == human;
            if let Some(friend) = known.friends.iter().find(there) {
                let free = friend.presence.as_ref().is_some_and(|presence| presence.online && !presence.in_game);
                if rested && free && !self.challenged.contains(&human) {
                    // What fails is tried again after another rest.
                    self.quiet_since = Instant::now();
                    let sent = self.client.friends().challenge(human, map).await?;
                    self.challenged.push(human);
                    self.waiting.push(sent.invite_id);
                    return Ok(());
                }
            } else if !known.requests.iter().any(|request| there(&request)) && !self.asked.contains(&human) {
                self.asked.push(human);
                self.client.friends().request_user(human).await?;
            }
        }
        Ok(())
    }

    async fn invite(&mut self, humans: &[UserId]) {
        for &human in humans {
            let last = self.invited.iter().find(|(user, _)| *user == human).map(|(_, at)| *at);
            if last.is_some_and(|at| !self.who.keen || at.elapsed() < SULK) {
                continue;
            }
            self.invited.retain(|(user, _)| *user != human);
            self.invited.push((human, Instant::now()));
            if let Err(error) = self.send_invite(human).await {
                tracing::debug!("{} could not invite: {error}", self.who.name);
            }
        }
    }

    async fn send_invite(&mut self, human: UserId) -> Result<(), rallypoint::Error> {
        let code = match self.hosting {
            Some(code) => code,
            None => {
                let options = GameOptions { score_to_win: Some(self.score_to_win), ..GameOptions::default() };
                let wish = CreateSession {
                    name: Some(self.who.session.into()),
                    max_players: Some(2),
                    options: Some(options),
                    ..CreateSession::default()
                };
                let code = self.client.sessions().create(wish).await?.session_code;
                self.hosting = Some(code);
                code
            }
        };
        let sent = self.client.invites().send(human, code).await?;
        self.waiting.push(sent.invite_id);
        Ok(())
    }

    async fn react(&mut self, event: Event) {
        match event {
            Event::SentInviteChanged(update) if update.progress != SentProgress::Seen => {
                self.waiting.retain(|id| *id != update.invite_id);
                self.quiet_since = Instant::now();
                let accepted = update.progress == SentProgress::Accepted;
                let hosted = self.hosting.filter(|_| accepted);
                if let Some(code) = update.session_code.filter(|_| accepted).or(hosted) {
                    self.hosting = self.hosting.filter(|mine| *mine != code);
                    self.partner = update.receiver_id;
                    self.play_in(code, None).await;
                }
            }
            Event::FriendRequested(friend) => {
                time::sleep(HESITATION).await;
                if let Err(error) = self.client.friends().accept(friend.friendship_id).await {
                    tracing::debug!("{} makes no friend: {error}", self.who.name);
                }
            }
            Event::FriendAccepted(_) => self.quiet_since = Instant::now(),
            Event::SessionUpdated(session) if self.hosting == Some(session.session_code) => {
                if !session.active {
                    self.hosting = None;
                } else if session.players.len() > 1 {
                    self.hosting = None;
                    let guest = session.players.iter().find(|player| player.user_id != session.host_id);
                    self.partner = guest.map(|guest| guest.user_id);
                    self.play_in(session.session_code, None).await;
                }
            }
            Event::InviteAdded(entry) => {
                self.client.invites().shown(entry.id());
                let dared = self.who.map.is_some() && entry.invite.kind == InviteKind::Map;
                if !self.who.accepts && !dared && self.partner != Some(entry.invite.sender_id) {
                    return;
                }
                time::sleep(HESITATION).await;
                match self.client.invites().accept(entry.id()).await {
                    Ok(answer) => {
                        if let Some(code) = answer.session_code {
                            self.play_in(code, answer.connect_token).await;
                        }
                    }
                    Err(error) => tracing::debug!("{} came too late: {error}", self.who.name),
                }
            }
            Event::QueueChanged(QueueState::Matched(found)) if self.played != Some(found.game_id) => {
                self.played = Some(found.game_id);
                self.waits_since = None;
                if let Err(error) = self.play(&found.connect_token).await {
                    tracing::warn!("{} could not play: {error:#}", self.who.name);
                }
            }
            _ => {}
        }
    }

    /// Plays one match and gives the seat up.
    async fn play_in(&mut self, code: SessionCode, token: Option<String>) {
        let token = match token {
            Some(token) => Ok(token),
            None => self.client.sessions().access(code).await.map(|access| access.connect_token),
        };
        let played = match token {
            Ok(token) => self.play(&token).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = played {
            tracing::warn!("{} could not play: {error:#}", self.who.name);
        }
        if let Err(error) = self.client.sessions().leave(code).await {
            tracing::debug!("{} had left already: {error}", self.who.name);
        }
        // A match is reason enough to wait a while before the next invite.
        let now = Instant::now();
        self.invited.iter_mut().for_each(|(_, at)| *at = now);
        self.quiet_since = now;
    }

    async fn play(&mut self, token: &str) -> anyhow::Result<()> {
        let mut game = GameClient::connect_base64(token)?;
        let mut paddle = Paddle::new(Side::Left, self.who.skill, 1);
        let mut ticks = time::interval(TICK);
        ticks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        let mut last = Instant::now();
        let mut started = false;
        let began = Instant::now();
        loop {
            ticks.tick().await;
            let now = Instant::now();
            game.update(now - last);
            last = now;
            while let Some(news) = game.poll() {
                match news {
                    GameNews::Message(ServerMessage::Welcome { side, stage, .. }) => {
                        paddle = Paddle::new(side, self.who.skill, began.elapsed().as_nanos() as u64);
                        started = matches!(stage, Stage::Active | Stage::Paused);
                        game.ready();
                    }
                    GameNews::Message(ServerMessage::Start { .. }) => started = true,
                    GameNews::Message(ServerMessage::Finished { .. }) => {
                        game.disconnect();
                        return Ok(());
                    }
                    GameNews::Snapshot(snapshot) => game.set_input(paddle.play(&snapshot)),
                    GameNews::Disconnected { reason } => anyhow::bail!("disconnected: {reason}"),
                    _ => {}
                }
            }
            if !started && began.elapsed() > PATIENCE {
                game.leave();
                game.update(TICK);
                game.disconnect();
                anyhow::bail!("nobody came");
            }
        }
    }
}
