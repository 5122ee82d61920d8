//! A Socket.IO 5 server (Engine.IO 4) on hyper: long polling and WebSockets, for stock clients.
//!
//! One task serves a connection, in order, and an idle one keeps no buffers. Every session is a state machine without I/O.
//! An application implements [`Handler`]: it decides who may come and serves
//! each client by one asynchronous function, from its CONNECT packet to its end.
//!
//! ```
//! use std::sync::Arc;
//!
//! use rallypoint_socketio::{Config, Connect, Handler, Parts, Rejection, SocketIo};
//!
//! struct Echo;
//!
//! impl Handler for Echo {
//!     type Peer = ();
//!
//!     fn admit(&self, _request: &Parts) -> Result<(), Rejection> {
//!         Ok(())
//!     }
//!
//!     async fn serve(&self, connect: Connect<()>) {
//!         let (socket, mut events) = connect.accept();
//!         while let Some(event) = events.next().await {
//!             let name = event.name().unwrap_or_default();
//!             if socket.emit_raw(name, event.arguments(), event.attachments()).is_err() {
//!                 return;
//!             }
//!         }
//!     }
//! }
//!
//! // A tower service for the path `/socket.io/`.
//! let service = SocketIo::new(Arc::new(Echo), Config::default());
//! # let _ = service;
//! ```
//!
//! # How sessions end
//!
//! | by | the client sees | stock clients |
//! |---|---|---|
//! | [`Socket::disconnect`] | a disconnect packet, then the transport's end | stay away |
//! | [`Connect::refuse`] | a `connect_error`, then the transport's end | stay away |
//! | [`Connect::reject`], [`engine::Sender::end`] | a close frame with the application's code; a poll is answered with its [`Rejection`] | come back |
//! | [`SocketIo::shutdown`] | the same | come back |
//!
//! `examples/echo` is a server to try it with, and to measure it.

mod config;
pub mod engine;
#[cfg(fuzzing)]
pub mod fuzzing;
mod socket;

pub use config::{BeforeConnect, Config};
pub use engine::{CloseReason, Ending, Rejection};
pub use http::request::Parts;
pub use socket::{Acknowledgement, Connect, Event, Events, Handler, Refusal, SendError, Socket, SocketIo};
