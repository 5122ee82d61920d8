//! One HTTP request: a handshake, a poll, a post, or an upgrade.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Method, Request, Response, request::Parts};
use hyper::upgrade::OnUpgrade;
use tokio_util::task::TaskTracker;
use tower_service::Service;

use super::{
    Application, Messages,
    driver::drive,
    now,
    packet::Packet,
    polling,
    registry::{Registered, Registry},
    rejection::{Body, ProtocolError, text},
    session::{Ending, Session, Settings},
    upgrade,
    websocket::{Stream, WebSocket},
};
use crate::config::Config;

/// The answer to a request, on its way.
pub type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// A server of Engine.IO sessions, as a service for one path. Cheap to clone. The HTTP server under it is to drop the answer
/// of a poll when its client hangs up, or only closes its half of the connection, as hyper does by default.
pub struct Engine<A>(Arc<Inner<A>>);

struct Inner<A> {
    application: A,
    config: Arc<Config>,
    registry: Arc<Registry>,
    tasks: TaskTracker,
}

impl<A> Clone for Engine<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A: Application> Engine<A> {
    /// Returns a server on which `application` runs.
    pub fn new(application: A, config: Config) -> Self {
        let (config, registry) = (Arc::new(config), Arc::default());
        Self(Arc::new(Inner { application, config, registry, tasks: TaskTracker::new() }))
    }

    /// Returns how many sessions there are.
    pub fn sessions(&self) -> usize {
        self.0.registry.len()
    }

    /// Ends every session, and those that begin from now on; returns when all have ended and their applications have
    /// returned.
    pub async fn shutdown(&self, ending: Ending) {
        self.0.registry.end_all(&ending);
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    async fn answer<B>(self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (mut parts, body) = request.into_parts();
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let Some(transport) = query.transport else { return ProtocolError::UnknownTransport.into_response() };
        let Some(sid) = query.sid else {
            return match self.check_handshake(&parts, transport, query.eio4) {
                Ok(()) => self.handshake(parts, transport),
                Err(error) => error.into_response(),
            };
        };
        let Some(connection) = self.0.registry.get(&sid) else {
            // A server that takes nobody in says so, rather than that the session is unknown.
            return match self.0.application.admit(&parts) {
                Ok(_) => ProtocolError::UnknownSession.into_response(),
                Err(rejection) => rejection.into_response(),
            };
        };
        match (transport, parts.method.clone()) {
            (Transport::Polling, Method::GET) => polling::poll(&connection).await,
            (Transport::Polling, Method::POST) => polling::post(&connection, body).await,
            (Transport::WebSocket, Method::GET) if upgrade::is_asked_for(&parts.headers) => {
                match (upgrade::accept(&parts.headers), parts.extensions.remove::<OnUpgrade>()) {
                    (Some(response), Some(upgrade)) => {
                        connection.let_probes_read().await;
                        self.0.tasks.spawn(upgrade::probe(connection, upgrade));
                        response
                    }
                    _ => ProtocolError::BadRequest.into_response(),
                }
            }
            _ => ProtocolError::BadRequest.into_response(),
        }
    }

    fn check_handshake(&self, parts: &Parts, transport: Transport, eio4: bool) -> Result<(), ProtocolError> {
        if parts.method != Method::GET {
            return Err(ProtocolError::BadMethod);
        }
        if transport == Transport::WebSocket && !upgrade::is_asked_for(&parts.headers) {
            return Err(ProtocolError::BadRequest);
        }
        if eio4 { Ok(()) } else { Err(ProtocolError::UnsupportedVersion) }
    }

    fn handshake(&self, mut parts: Parts, transport: Transport) -> Response<Body> {
        let peer = match self.0.application.admit(&parts) {
            Ok(peer) => peer,
            Err(rejection) => return rejection.into_response(),
        };
        if transport == Transport::Polling {
            let registered = self.begin(Session::polling(self.settings(), now()));
            let open = self.open_packet(&registered.connection.sid, r#"["websocket"]"#);
            self.spawn(registered, None, peer);
            return text(open);
        }
        let (Some(response), Some(upgrade)) = (upgrade::accept(&parts.headers), parts.extensions.remove::<OnUpgrade>())
        else {
            return ProtocolError::BadRequest.into_response();
        };
        let engine = self.clone();
        self.0.tasks.spawn(async move {
            let max_message = engine.0.config.max_payload;
            let Some(websocket) = upgrade::websocket(upgrade, max_message).await else { return };
            let registered = engine.begin(Session::websocket(engine.settings(), now()));
            let open = engine.open_packet(&registered.connection.sid, "[]");
            registered.connection.change(|state| state.session.send(Packet::text(open)));
            engine.spawn(registered, Some(websocket), peer);
        });
        response
    }

    fn begin(&self, session: Session) -> Registered {
        self.0.registry.insert(&self.0.config, session)
    }

    fn spawn(&self, registered: Registered, websocket: Option<WebSocket<Stream>>, peer: A::Peer) {
        let inner = Arc::clone(&self.0);
        let messages = Messages(Arc::clone(&registered.connection));
        let application = async move { inner.application.serve(peer, messages).await };
        self.0.tasks.spawn(drive(registered, websocket, application));
    }

    fn settings(&self) -> Settings {
        let config = &self.0.config;
        Settings {
            ping_interval: config.ping_interval,
            ping_timeout: config.ping_timeout,
            upgrade_timeout: config.upgrade_timeout,
            closing_timeout: config.closing_timeout,
            max_waiting_packets: config.max_waiting_packets,
            max_waiting_bytes: config.max_waiting_bytes,
        }
    }

    fn open_packet(&self, sid: &str, upgrades: &str) -> String {
        let Config { ping_interval, ping_timeout, max_payload, .. } = &*self.0.config;
        let (interval, timeout) = (ping_interval.as_millis(), ping_timeout.as_millis());
        format!(
            r#"0{{"sid":"{sid}","upgrades":{upgrades},"pingInterval":{interval},"pingTimeout":{timeout},"maxPayload":{max_payload}}}"#
        )
    }
}

impl<A, B> Service<Request<B>> for Engine<A>
where
    A: Application,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let engine = self.clone();
        Box::pin(async move { Ok(engine.answer(request).await) })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Polling,
    WebSocket,
}

/// What the address says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Query {
    transport: Option<Transport>,
    sid: Option<String>,
    eio4: bool,
}

impl Query {
    fn parse(text: &str) -> Self {
        let mut query = Self::default();
        for (key, value) in form_urlencoded::parse(text.as_bytes()) {
            match &*key {
                "transport" => {
                    query.transport = match &*value {
                        "polling" => Some(Transport::Polling),
                        "websocket" => Some(Transport::WebSocket),
                        _ => None,
                    }
                }
                "sid" => query.sid = Some(value.into_owned()).filter(|sid| !sid.is_empty()),
                "EIO" => query.eio4 = value == "4",
                _ => {}
            }
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_is_read_with_its_escapes() {
        let query = Query::parse("EIO=4&transport=%77ebsocket&sid=a%2Db&t=Pxyz");
        let sid = Some("a-b".to_owned());
        assert_eq!(query, Query { transport: Some(Transport::WebSocket), sid, eio4: true });
        assert_eq!(Query::parse("EIO=3&transport=carrier-pigeon"), Query::default());
        assert_eq!(Query::parse("transport=polling&sid=").sid, None);
    }
}
