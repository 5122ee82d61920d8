//! The way back for one event's answer.

use rallypoint_protocol::ApiError;
use rallypoint_socketio::Event;
use serde::Serialize;

use super::connection::Connection;
use crate::domain::Answer;

/// Answers as an event, and as an acknowledgement where one was asked for.
pub(super) struct Reply<'a> {
    connection: &'a Connection,
    event: &'a str,
    ack: Option<u64>,
}

impl<'a> Reply<'a> {
    pub(super) fn new(connection: &'a Connection, event: &'a Event) -> Self {
        Self { connection, event: event.name().unwrap_or_default(), ack: event.ack() }
    }

    pub(super) fn with<T: Serialize>(self, success: &str, answer: &Answer<T>) {
        match answer {
            Ok(payload) => self.answer(success, payload),
            Err(error) => self.refuse(error),
        }
    }

    pub(super) fn answer<T: Serialize>(self, event: &str, payload: &T) {
        let socket = self.connection.socket();
        self.connection.check(socket.emit(event, payload));
        if let Some(ack) = self.ack {
            self.connection.check(socket.acknowledge(ack, payload));
        }
    }

    pub(super) fn refuse(self, error: &ApiError) {
        let event = format!("{}:error", short(self.event));
        self.answer(&event, error);
    }
}

/// A name of the client's choosing, cut before it is sent back.
pub(super) fn short(event: &str) -> String {
    event.chars().take(64).collect()
}
