//! What the echo server answers.

use std::{
    collections::HashMap,
    convert::Infallible,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{Request, Response, StatusCode};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rallypoint_socketio::{
    Config, Connect, Event, Handler, Parts, Rejection, Socket, SocketIo,
    engine::{Application, Body, Engine, Message, Messages},
};
use tokio::net::TcpListener;
use tower_http::cors::Cors;
use tower_service::Service;

/// Timing and sizes, by default those of the public test suites.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub ping_interval: Duration,
    pub ping_timeout: Duration,
    pub connect_timeout: Duration,
    pub max_payload: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_millis(300),
            ping_timeout: Duration::from_millis(200),
            connect_timeout: Duration::from_secs(1),
            max_payload: 1_000_000,
        }
    }
}

/// Serves forever.
///
/// # Errors
/// No connection can be accepted.
pub async fn serve(listener: TcpListener, options: Options) -> io::Result<()> {
    let config = Config {
        ping_interval: options.ping_interval,
        ping_timeout: options.ping_timeout,
        connect_timeout: options.connect_timeout,
        max_payload: options.max_payload,
        max_event: options.max_payload,
        ..Config::default()
    };
    let unlimited = Config { before_connect: None, ..config.clone() };
    let service = Paths { socketio: SocketIo::new(Arc::default(), config), engine: Engine::new(Echo, unlimited) };
    let mut service = Cors::new(service);
    service = service.allow_origin(tower_http::cors::Any).allow_headers(tower_http::cors::Any);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = service.clone();
        let answer = service_fn(move |request: Request<Incoming>| service.clone().call(request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), answer)
            .with_upgrades();
        tokio::spawn(async move {
            // A connection that breaks is no concern of the others.
            _ = connection.await;
        });
    }
}

/// Each path to its server.
#[derive(Clone)]
struct Paths {
    socketio: SocketIo<Namespaces>,
    engine: Engine<Echo>,
}

impl Service<Request<Incoming>> for Paths {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        match request.uri().path() {
            "/socket.io" | "/socket.io/" => self.socketio.call(request),
            "/engine.io" | "/engine.io/" => self.engine.call(request),
            _ => {
                let mut response = Response::new(Body::default());
                *response.status_mut() = StatusCode::NOT_FOUND;
                Box::pin(std::future::ready(Ok(response)))
            }
        }
    }
}

/// Sends every message back.
struct Echo;

impl Application for Echo {
    type Peer = ();

    fn admit(&self, _request: &Parts) -> Result<(), Rejection> {
        Ok(())
    }

    async fn serve(&self, (): (), mut messages: Messages) {
        let sender = messages.sender();
        while let Some(message) = messages.next().await {
            match message {
                Message::Text(text) => sender.send_text(&text),
                Message::Binary(bytes) => sender.send_binary(bytes),
            };
        }
    }
}

/// Two namespaces whose sockets can send to each other.
#[derive(Default)]
struct Namespaces {
    sockets: Mutex<HashMap<String, Socket>>,
}

impl Handler for Namespaces {
    type Peer = ();

    fn admit(&self, _request: &Parts) -> Result<(), Rejection> {
        Ok(())
    }

    fn has_namespace(&self, namespace: &str) -> bool {
        matches!(namespace, "/" | "/custom")
    }

    async fn serve(&self, connect: Connect<()>) {
        let auth = connect.auth().unwrap_or("{}").to_owned();
        let (socket, mut events) = connect.accept();
        self.sockets().insert(socket.id().to_owned(), socket.clone());
        _ = socket.emit_raw("auth", &auth, &[]);
        while let Some(event) = events.next().await {
            self.answer(&socket, &event);
        }
        self.sockets().remove(socket.id());
    }
}

impl Namespaces {
    fn sockets(&self) -> std::sync::MutexGuard<'_, HashMap<String, Socket>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, socket: &Socket, event: &Event) {
        // A socket that has closed meanwhile is told nothing.
        _ = match (event.name(), event.ack()) {
            (Some("message"), _) => socket.emit_raw("message-back", event.arguments(), event.attachments()),
            (Some("message-with-ack"), Some(ack)) => {
                socket.acknowledge_raw(ack, event.arguments(), event.attachments())
            }
            (Some("relay"), _) => self.relay(socket, event.arguments()),
            _ => Ok(()),
        };
    }

    /// `"id",payload`
    fn relay(&self, from: &Socket, arguments: &str) -> Result<(), rallypoint_socketio::SendError> {
        let Some((id, payload)) = arguments.split_once(',') else { return Ok(()) };
        let to = self.sockets().get(id.trim().trim_matches('"')).cloned();
        let to = to.filter(|socket| socket.namespace() == from.namespace());
        to.map_or(Ok(()), |socket| socket.emit_raw("relayed", payload, &[]))
    }
}
