//! Dialects: each decodes a frame, calls one service function and encodes the answer, and puts into its own words
//! what the hub delivers. None touches the store.

pub mod address;
pub mod game_ws;
pub mod invitations_ws;
pub mod rest;
pub mod socketio;
mod ws;
