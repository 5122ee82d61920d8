//! Serves HTTP on a listener, and waits for nobody who doesn't finish a request.

mod stream;

use std::{
    convert::Infallible,
    io::{self, ErrorKind},
    net::SocketAddr,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::{ConnectInfo, Request},
    response::Response,
    serve::Listener,
};
use hyper::{
    body::{Body as HttpBody, Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Sleep, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_service::Service;

use stream::Attached;
pub use stream::Exchange;

/// How long a connection may take for the head of a request, and be idle between two.
const HEAD: Duration = Duration::from_secs(30);
/// How long the body of a request may take.
const BODY: Duration = Duration::from_secs(30);
/// How long to wait for what it takes to accept a connection.
const EXHAUSTED: Duration = Duration::from_secs(1);
/// The longest head. Every connection may hold as much before anything is known of it.
const HEAD_BYTES: usize = 32 * 1024;

/// Serves until `stopped` ends, and then what has been asked for already. Sockets that were upgraded live on.
pub async fn serve<S>(listener: TcpListener, service: S, stopped: impl Future)
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static,
{
    serve_all(Port(listener), service, stopped).await;
}

struct Port(TcpListener);

impl Listener for Port {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.0.accept().await {
                Ok((stream, peer)) => {
                    // Otherwise every answer waits for the client's delayed acknowledgement, 40 ms.
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%peer, %error, "TCP_NODELAY refused");
                    }
                    return (stream, peer);
                }
                // One connection that was broken off says nothing of the next one.
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be taken; are there too few file descriptors?");
                    sleep(EXHAUSTED).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

// axum's own loop sets no timer, so that a head may take for ever.
async fn serve_all<S>(mut listener: impl Listener<Addr = SocketAddr>, service: S, stopped: impl Future)
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static,
{
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(HEAD_BYTES);
    let (stop, connections) = (CancellationToken::new(), TaskTracker::new());
    let mut stopped = pin!(stopped);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => break,
        };
        let (service, exchange) = (service.clone(), Exchange::default());
        let stream = TokioIo::new(Attached::new(stream, exchange.clone()));
        let answer = service_fn(move |request: Request<Incoming>| {
            let exchange = exchange.clone();
            exchange.begin();
            let mut request = request.map(|body| Body::new(InTime { body, deadline: None }));
            request.extensions_mut().insert(ConnectInfo(peer));
            request.extensions_mut().insert(exchange.clone());
            let answered = service.clone().call(request);
            async move { Ok::<_, Infallible>(answered.await?.map(|body| exchange.body(body))) }
        });
        let connection = http.serve_connection(stream, answer).with_upgrades();
        let stop = stop.clone();
        connections.spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%peer, %error, "connection ended");
            }
        });
    }
    drop(listener);
    stop.cancel();
    connections.close();
    connections.wait().await;
}

/// A body that breaks off when it has not arrived as a whole in time.
struct InTime {
    body: Incoming,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl HttpBody for InTime {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(BODY)));
        ready!(deadline.as_mut().poll(context));
        Poll::Ready(Some(Err(format!("it had not arrived after {} s", BODY.as_secs()).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::to_bytes, http::StatusCode, routing::post};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
        sync::{mpsc, oneshot},
        task::JoinHandle,
        time::Instant,
    };

    use super::*;

    /// Connections within this process, whose time is virtual.
    struct Connections(mpsc::UnboundedReceiver<DuplexStream>);

    impl Listener for Connections {
        type Io = DuplexStream;
        type Addr = SocketAddr;

        async fn accept(&mut self) -> (DuplexStream, SocketAddr) {
            match self.0.recv().await {
                Some(stream) => (stream, SocketAddr::from(([127, 0, 0, 1], 1))),
                None => std::future::pending().await,
            }
        }

        fn local_addr(&self) -> io::Result<SocketAddr> {
            Ok(SocketAddr::from(([127, 0, 0, 1], 2)))
        }
    }

    struct Server {
        connections: mpsc::UnboundedSender<DuplexStream>,
        stop: oneshot::Sender<()>,
        serving: JoinHandle<()>,
    }

    impl Server {
        fn start() -> Self {
            let (connections, listener) = mpsc::unbounded_channel();
            let (stop, stopped) = oneshot::channel();
            let service = Router::new().route("/", post(echo));
            let serving = tokio::spawn(serve_all(Connections(listener), service, stopped));
            Self { connections, stop, serving }
        }

        async fn connect(&self, begin: &str) -> DuplexStream {
            let (mut client, server) = duplex(2 * HEAD_BYTES);
            self.connections.send(server).expect("the server listens");
            client.write_all(begin.as_bytes()).await.expect("written");
            client
        }
    }

    /// Answers with what was sent, or with why that could not be read.
    async fn echo(body: Body) -> (StatusCode, String) {
        match to_bytes(body, 1024).await {
            Ok(bytes) => (StatusCode::OK, String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => (StatusCode::BAD_REQUEST, error.to_string()),
        }
    }

    /// All that comes until the server hangs up.
    async fn rest(mut client: DuplexStream) -> String {
        let mut text = String::new();
        client.read_to_string(&mut text).await.expect("an end");
        text
    }

    const HEADERS: &str = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n";

    #[tokio::test(start_paused = true)]
    async fn a_head_that_is_never_finished_is_waited_for_no_longer() {
        let server = Server::start();
        for begin in ["", "POST / HTTP/1.1\r\nHost:"] {
            let started = Instant::now();
            assert_eq!(rest(server.connect(begin).await).await, "", "after {begin:?}");
            assert_eq!(started.elapsed().as_secs(), HEAD.as_secs(), "after {begin:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_is_refused_and_told_why() {
        let server = Server::start();
        let mut client = server.connect(HEADERS).await;
        for _ in 0..3 {
            sleep(BODY / 4).await;
            client.write_all(b"x").await.expect("written");
        }
        let answer = rest(client).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        assert!(answer.contains("it had not arrived after 30 s"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_serves_again_and_again_and_ends_when_it_is_idle() {
        let server = Server::start();
        let mut client = server.connect(&format!("{HEADERS}ping")).await;
        sleep(HEAD / 2).await;
        client.write_all(HEADERS.as_bytes()).await.expect("written");
        sleep(BODY / 2).await;
        client.write_all(b"pong").await.expect("written");
        let answers = rest(client).await;
        assert_eq!(answers.matches("HTTP/1.1 200").count(), 2, "{answers}");
        assert!(answers.contains("ping") && answers.ends_with("pong"), "{answers}");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_asked_and_sends_no_more_is_answered() {
        let server = Server::start();
        let mut client = server.connect(&format!("{HEADERS}ping{HEADERS}pong")).await;
        client.shutdown().await.expect("one half");
        let answers = rest(client).await;
        assert_eq!(answers.matches("HTTP/1.1 200").count(), 2, "{answers}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_lets_requests_end_and_takes_no_more() {
        let server = Server::start();
        let idle = server.connect("").await;
        let mut asking = server.connect(HEADERS).await;
        sleep(Duration::from_secs(1)).await;
        server.stop.send(()).expect("the server runs");
        assert_eq!(rest(idle).await, "");
        assert!(server.connections.is_closed());
        asking.write_all(b"last").await.expect("written");
        assert!(rest(asking).await.ends_with("last"));
        server.serving.await.expect("an orderly end");
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_without_end_is_refused() {
        let server = Server::start();
        let client = server.connect(&format!("POST / HTTP/1.1\r\nX: {}", "x".repeat(HEAD_BYTES))).await;
        assert!(rest(client).await.starts_with("HTTP/1.1 431"));
    }
}
