//! A kit for journeys through a real server: databases, servers in this process and as processes of their own,
//! and players who speak to them over real sockets.
//!
//! Whatever a test waits for has a deadline, and what did arrive is part of the message when it passes.

mod challengers;
mod database;
mod game_socket;
mod json_socket;
mod player;
mod postgres;
mod process;
mod proxy;
mod sdk;
mod server;
mod socket;
pub mod tokens;
mod transcript;
mod wait;

pub use challengers::Challengers;
pub use database::Database;
pub use game_socket::GameSocket;
pub use json_socket::JsonSocket;
pub use player::{Answer, People, Player};
pub use process::{ServerProcess, Settings};
pub use proxy::Proxy;
pub use sdk::{SdkPlayer, Stage};
pub use server::TestServer;
pub use socket::{Refused, Socket};
pub use transcript::{Normaliser, compare_with_golden};
pub use wait::{PATIENCE, eventually, in_time};

/// The root of this checkout, as cargo names it now: with a shared target folder, a test may have been built in another.
pub fn repository() -> std::path::PathBuf {
    let tests = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    std::path::PathBuf::from(tests).join("..")
}
