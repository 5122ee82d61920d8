//! Rallypoint's reference server.
//!
//! One binary serves sign-in, sessions, invites and presence over REST and Socket.IO, and authoritative games
//! over UDP. `domain` holds the rules, `dialects` the ways to speak to them, `store` the SQL, `hub` who is
//! connected, and `game` the rooms.

mod app;
mod config;
mod dialects;
mod domain;
pub mod game;
mod http;
mod hub;
mod log;
mod metrics;
mod replay;
mod schedule;
pub mod store;

pub use app::Server;
pub use config::{Cli, Config, ConfigError, Limits, LogFormat, Rate, Task};
pub use domain::matchmaking::pairing;
pub use log::LogWriter;
pub use replay::{MatchEnd, Replayed, replay};
