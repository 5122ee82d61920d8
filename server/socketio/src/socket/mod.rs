//! Socket.IO 5 on top of the sessions: namespaces, events, acknowledgements and binary attachments.

mod client;
mod event;
mod handle;
mod handler;
pub(crate) mod packet;

use std::{
    convert::Infallible,
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, request::Parts};
use tower_service::Service;

use crate::{
    config::Config,
    engine::{Answer, Application, Body, Ending, Engine, Messages, Rejection},
};
use client::Client;
pub use event::Event;
pub use handle::{Acknowledgement, Events, SendError, Socket};
pub use handler::{Connect, Handler, Refusal};

/// A Socket.IO server, as a service for one path. Cheap to clone.
pub struct SocketIo<H: Handler>(Engine<Layer<H>>);

struct Layer<H>(Arc<H>);

impl<H: Handler> Application for Layer<H> {
    type Peer = H::Peer;

    fn admit(&self, request: &Parts) -> Result<H::Peer, Rejection> {
        self.0.admit(request)
    }

    async fn serve(&self, peer: H::Peer, messages: Messages) {
        let mut client = Client::new(Arc::clone(&self.0), peer, messages);
        poll_fn(|cx| client.poll(cx)).await;
    }
}

impl<H: Handler> Clone for SocketIo<H> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<H: Handler> SocketIo<H> {
    /// Returns a server whose clients `handler` serves.
    pub fn new(handler: Arc<H>, config: Config) -> Self {
        Self(Engine::new(Layer(handler), config))
    }

    /// Returns how many sessions there are, connected to a namespace or not.
    pub fn sessions(&self) -> usize {
        self.0.sessions()
    }

    /// Ends every session, and those that begin from now on; returns when their clients have been told and all that was
    /// asked for is done. See [`Ending`] for how clients come back by themselves.
    pub async fn shutdown(&self, ending: Ending) {
        self.0.shutdown(ending).await;
    }
}

impl<H, B> Service<Request<B>> for SocketIo<H>
where
    H: Handler,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<B>>::poll_ready(&mut self.0, cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.0.call(request)
    }
}
