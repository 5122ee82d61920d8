//! What a match is to the rest of the game, played over the network or against the computer.

use std::time::Instant;

use bevy::{ecs::system::SystemParam, prelude::*};
use rallypoint::protocol::{GameId, SessionCode, UserId};
use rallypoint_pong::rules::{Input, Reason, Side};

use crate::{Screen, maps::Look};

/// What gives one a seat in a game.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Session(SessionCode),
    /// Found through the queue.
    Match(GameId),
}

/// Who is played against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opponent {
    pub id: UserId,
    /// `name#tag`
    pub name: String,
}

/// Which court is being played on.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// `None`: practice.
    pub way: Option<Way>,
    /// Where it is known before the game says it.
    pub opponent: Option<Opponent>,
    /// Where the match is one on a map.
    pub map: Option<String>,
}

/// Go into a game, with the token at hand or a fresh one.
#[derive(Message, Clone)]
pub struct EnterGame {
    pub way: Way,
    /// Which of the session's games, where it is known.
    pub game: Option<GameId>,
    pub token: Option<String>,
}

/// The way into a game: nobody goes in while on the way into another, or signed out.
#[derive(SystemParam)]
pub struct Door<'w> {
    screen: Res<'w, State<Screen>>,
    next: ResMut<'w, NextState<Screen>>,
    entry: ResMut<'w, Entry>,
    wishes: MessageWriter<'w, EnterGame>,
}

impl Door<'_> {
    pub fn is_open(&self) -> bool {
        let shut = |screen: &Screen| matches!(screen, Screen::SignIn | Screen::Connecting | Screen::Match);
        let next = match &*self.next {
            NextState::Unchanged => None,
            NextState::Pending(next) | NextState::PendingIfNeq(next) => Some(next),
        };
        self.entry.way.is_none() && !shut(self.screen.get()) && !next.is_some_and(shut)
    }

    /// Into a game over the network, with the token at hand or a fresh one. `false`: the door is shut.
    pub fn enter(&mut self, entry: Entry, game: Option<GameId>, token: Option<String>) -> bool {
        let Some(way) = entry.way.filter(|_| self.is_open()) else { return false };
        *self.entry = entry;
        self.wishes.write(EnterGame { way, game, token });
        true
    }

    /// Into a match against the computer. `false`: the door is shut.
    pub fn practise(&mut self) -> bool {
        let open = self.is_open();
        if open {
            *self.entry = Entry::default();
            self.next.set(Screen::Match);
        }
        open
    }
}

/// Play against the computer.
#[derive(Message)]
pub struct StartPractice;

/// The player is ready to start.
#[derive(Message)]
pub struct ReadyWish;

/// The player gives up, or goes on from the result.
#[derive(Message)]
pub struct LeaveWish;

/// What the court does just now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Stage {
    /// The other player is not there yet.
    #[default]
    Waiting,
    /// Both are there; who has said that it is ready.
    Ready {
        me: bool,
        other: bool,
    },
    Playing,
    /// The other is gone and has until then to come back.
    OtherGone {
        until: Instant,
    },
    /// The own connection is gone.
    Reconnecting {
        until: Instant,
    },
    Finished,
}

/// The match as the court and the HUD show it. Left and right are as on the screen.
#[derive(Resource, Clone, Debug)]
pub struct Table {
    pub me: Side,
    pub names: [String; 2],
    /// From 0 to 1, from the top left.
    pub ball: Vec2,
    pub paddles: [f32; 2],
    pub scores: [u8; 2],
    pub stage: Stage,
    /// Round-trip time in milliseconds, over the network.
    pub lag: Option<u32>,
    pub look: &'static Look,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            me: Side::Left,
            names: [String::new(), String::new()],
            ball: Vec2::splat(0.5),
            paddles: [0.5; 2],
            scores: [0; 2],
            stage: Stage::Waiting,
            lag: None,
            look: Look::of(None),
        }
    }
}

impl Table {
    pub fn colour_of(&self, side: Side) -> Color {
        if side == self.me { self.look.mine } else { self.look.theirs }
    }

    pub fn other_name(&self) -> String {
        let name = &self.names[(!self.me).index()];
        if name.is_empty() { "Your opponent".into() } else { name.split('#').next().unwrap_or(name).into() }
    }
}

/// Something that deserves an effect.
#[derive(Message, Clone, Copy, Debug, PartialEq)]
pub enum Moment {
    Hit(Vec2, Side),
    Wall(Vec2),
    Point(Side),
}

/// What the player wants its paddle to do.
#[derive(Resource, Clone, Copy, Debug, Default)]
pub struct PaddleIntent(pub Input);

/// How a match ended.
#[derive(Resource, Clone, Debug)]
pub struct MatchEnd {
    /// `None`: a draw.
    pub won: Option<bool>,
    /// Mine, then the other's.
    pub scores: [u8; 2],
    /// `None`: the connection was lost and did not come back.
    pub reason: Option<Reason>,
    pub opponent: String,
    /// Who can be asked for a rematch.
    pub opponent_id: Option<UserId>,
    /// The game of a match that the queue led to.
    pub game: Option<GameId>,
    pub practice: bool,
}

/// Systems that decide where the paddle goes, before it goes there.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DecidePaddle;

pub struct GamePlugin;

impl Plugin for GamePlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Entry>()
            .init_resource::<Table>()
            .init_resource::<PaddleIntent>()
            .insert_resource(Time::<Fixed>::from_hz(f64::from(rallypoint_pong::TICK_RATE)))
            .add_message::<EnterGame>()
            .add_message::<StartPractice>()
            .add_message::<ReadyWish>()
            .add_message::<LeaveWish>()
            .add_message::<Moment>()
            .add_systems(OnEnter(Screen::SignIn), |mut entry: ResMut<Entry>| *entry = Entry::default())
            .add_systems(
                PreUpdate,
                read_keys.after(bevy::input::InputSystems).in_set(DecidePaddle).run_if(in_state(Screen::Match)),
            )
            .add_systems(Last, notice_moments.run_if(in_state(Screen::Match)));
    }
}

/// W and S, the arrows, or the mouse while its button is held.
fn read_keys(
    keys: Res<ButtonInput<KeyCode>>,
    mouse: Res<ButtonInput<MouseButton>>,
    windows: Query<&Window>,
    mut intent: ResMut<PaddleIntent>,
    mut ready: MessageWriter<ReadyWish>,
) {
    if keys.any_just_pressed([KeyCode::Space, KeyCode::Enter]) {
        ready.write(ReadyWish);
    }
    let up = keys.any_pressed([KeyCode::KeyW, KeyCode::ArrowUp]);
    let down = keys.any_pressed([KeyCode::KeyS, KeyCode::ArrowDown]);
    let pointer = || {
        let window = windows.single().ok()?;
        window.cursor_position().map(|at| Input::to(at.y / window.height()))
    };
    intent.0 = match (up, down) {
        (true, false) => Input::Up,
        (false, true) => Input::Down,
        _ if mouse.pressed(MouseButton::Left) => pointer().unwrap_or_default(),
        _ => Input::Stop,
    };
}

/// Sees from the ball's way and the scores what deserves an effect, wherever the match is played.
fn notice_moments(
    table: Res<Table>,
    mut last: Local<Option<(Vec2, Vec2, [u8; 2])>>,
    mut moments: MessageWriter<Moment>,
) {
    let Some((ball, way, scores)) = *last else {
        *last = Some((table.ball, Vec2::ZERO, table.scores));
        return;
    };
    for side in Side::BOTH {
        if table.scores[side.index()] > scores[side.index()] {
            moments.write(Moment::Point(side));
        }
    }
    let moved = table.ball - ball;
    if moved.length() < 1e-5 {
        *last = Some((ball, way, table.scores));
        return;
    }
    // Beyond this it was served anew or corrected.
    if moved.length() < 0.15 && table.stage == Stage::Playing {
        if way.x * moved.x < 0.0 && (ball.x - 0.5).abs() > 0.38 {
            let side = if ball.x < 0.5 { Side::Left } else { Side::Right };
            moments.write(Moment::Hit(table.ball, side));
        }
        if way.y * moved.y < 0.0 && (ball.y - 0.5).abs() > 0.42 {
            moments.write(Moment::Wall(table.ball));
        }
        *last = Some((table.ball, moved, table.scores));
    } else {
        *last = Some((table.ball, Vec2::ZERO, table.scores));
    }
}

#[cfg(test)]
mod tests {
    use bevy::{ecs::system::RunSystemOnce, state::app::StatesPlugin};

    use super::*;

    fn app(screen: Screen) -> App {
        let mut app = App::new();
        app.add_plugins((MinimalPlugins, StatesPlugin))
            .insert_state(screen)
            .init_resource::<Entry>()
            .add_message::<EnterGame>();
        app
    }

    fn enter(mut door: Door) -> bool {
        let way = Some(Way::Session("K7QX2M".parse().unwrap()));
        door.enter(Entry { way, ..default() }, None, None)
    }

    #[test]
    fn one_goes_in_at_a_time() {
        let practise = |mut door: Door| door.practise();
        let mut first = app(Screen::Lobby);
        assert!(first.world_mut().run_system_once(enter).unwrap());
        assert!(!first.world_mut().run_system_once(enter).unwrap());
        assert!(!first.world_mut().run_system_once(practise).unwrap(), "not both at once");
        let mut first = app(Screen::Result);
        assert!(first.world_mut().run_system_once(practise).unwrap());
        assert!(!first.world_mut().run_system_once(enter).unwrap());
    }

    #[test]
    fn nobody_goes_in_from_a_match_or_signed_out() {
        for screen in [Screen::SignIn, Screen::Connecting, Screen::Match] {
            assert!(!app(screen).world_mut().run_system_once(enter).unwrap(), "{screen:?}");
        }
    }
}
