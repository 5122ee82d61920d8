//! What the tests of this crate share: the server under test, and clients that hide nothing.
//!
//! The server is the example `echo`, on a port of its own in each test's runtime. With `RALLYPOINT_SOCKETIO_URL` set
//! (`http://127.0.0.1:3000`) the same cases are tried on whatever listens there.

#![allow(dead_code, reason = "each test binary uses a part of it")]

pub mod client;
pub mod http;
pub mod polling;
pub mod raw_ws;
pub mod socket;

#[path = "../../examples/echo/service.rs"]
mod echo;

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use tokio::net::TcpListener;

/// Where messages are echoed as they are.
pub const ENGINE_IO: &str = "/engine.io/";
/// Where there are namespaces and events.
pub const SOCKET_IO: &str = "/socket.io/";

/// The server's timing and limit.
pub const PING_INTERVAL: Duration = Duration::from_millis(300);
pub const PING_TIMEOUT: Duration = Duration::from_millis(200);
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
pub const MAX_PAYLOAD: usize = 1_000_000;

/// Stands between the packets of a polling payload.
pub const SEPARATOR: &str = "\u{1e}";

/// How long anything that must happen may take.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// How often is asked for what announces itself by nothing.
const PACE: Duration = Duration::from_millis(20);

/// The server under test.
pub struct Server {
    pub address: SocketAddr,
}

/// Starts the server, which ends with the test's runtime.
pub async fn start() -> Server {
    if let Ok(url) = std::env::var("RALLYPOINT_SOCKETIO_URL") {
        let host = url.trim_start_matches("http://").trim_end_matches('/');
        let mut addresses = tokio::net::lookup_host(host).await.expect("a host and a port");
        return Server { address: addresses.next().expect("an address") };
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(echo::serve(listener, echo::Options::default()));
    Server { address }
}

/// The future's output.
///
/// # Panics
/// When it takes longer than [`PATIENCE`].
pub async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("{what}: nothing within {PATIENCE:?}"),
    }
}

/// Asks again and again until it is so; returns how long that took.
///
/// # Panics
/// When it takes longer than [`PATIENCE`].
pub async fn eventually(what: &str, mut ask: impl AsyncFnMut() -> bool) -> Duration {
    let since = Instant::now();
    in_time(what, async {
        while !ask().await {
            tokio::time::sleep(PACE).await;
        }
    })
    .await;
    since.elapsed()
}
