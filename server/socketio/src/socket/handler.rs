//! What an application implements, and how it decides about a client.

use std::sync::Arc;

use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::handle::{Events, Phase, Shared, Socket};
use crate::engine::{Ending, Rejection};

/// An application: it decides who may come, and serves who has.
pub trait Handler: Send + Sync + 'static {
    /// What is kept of the request that began a session, for [`serve`](Self::serve).
    type Peer: Send + Sync + 'static;

    /// Decides about a handshake, before anything is kept of it.
    ///
    /// # Errors
    /// The answer to the request, if no session may begin.
    fn admit(&self, request: &Parts) -> Result<Self::Peer, Rejection>;

    /// Returns whether clients may ask to be connected to a namespace.
    fn has_namespace(&self, namespace: &str) -> bool {
        namespace == "/"
    }

    /// Serves a client in a namespace, from its wish to be connected to its end. When this returns, the client is
    /// disconnected. It runs on the session's own task: keep its state small, and box what is large.
    fn serve(&self, connect: Connect<Self::Peer>) -> impl Future<Output = ()> + Send;
}

/// A client that wants to be connected to a namespace. What it sends meanwhile waits for the decision.
pub struct Connect<P> {
    pub(super) shared: Arc<Shared>,
    pub(super) auth: Option<Box<str>>,
    pub(super) peer: Arc<P>,
}

/// Why a client may not connect. Stock clients stay away then.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The message of the client's `connect_error`.
    pub message: String,
    /// What else the client is told.
    pub data: Option<Value>,
}

impl<P> Connect<P> {
    pub fn namespace(&self) -> &str {
        &self.shared.namespace
    }

    /// Returns what was kept of the request that began the session.
    pub fn peer(&self) -> &P {
        &self.peer
    }

    /// Returns what the client has sent along, as JSON.
    pub fn auth(&self) -> Option<&str> {
        self.auth.as_deref()
    }

    /// Reads what the client has sent along; nothing is an empty object.
    ///
    /// # Errors
    /// It has another form.
    pub fn read_auth<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.auth().unwrap_or("{}"))
    }

    /// Returns the socket that the client will have. What is sent to it waits until the client is connected.
    pub fn socket(&self) -> Socket {
        Socket(Arc::clone(&self.shared))
    }

    /// Connects the client.
    pub fn accept(self) -> (Socket, Events) {
        self.shared.connect();
        (Socket(Arc::clone(&self.shared)), Events(Arc::clone(&self.shared)))
    }

    /// Refuses the client for good. The transport ends, unless it is connected to another namespace.
    pub fn refuse(self, refusal: Refusal) {
        let error = match refusal.data {
            Some(data) => json!({ "message": refusal.message, "data": data }),
            None => json!({ "message": refusal.message }),
        };
        self.shared.refuse(&error.to_string());
    }

    /// Refuses the client for now: its session ends, and stock clients try again by themselves.
    pub fn reject(self, ending: Ending) {
        self.shared.sender.end(ending);
    }
}

impl<P> Drop for Connect<P> {
    /// A client about which nothing was decided is let go.
    fn drop(&mut self) {
        if self.shared.phase() == Phase::Connecting {
            self.shared.close(Phase::Disconnected, None);
        }
    }
}
