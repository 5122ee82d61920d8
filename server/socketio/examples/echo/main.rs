//! An echo server for the public test suites of both protocols, for comparing with other servers, and for measuring.
//!
//! ```sh
//! cargo run -p rallypoint-socketio --example echo -- --listen 127.0.0.1:3000
//! ```

#![expect(clippy::print_stdout, reason = "a command-line tool: whoever starts it reads where it listens")]

mod service;

use std::{net::SocketAddr, time::Duration};

use clap::Parser;

/// Echoes Socket.IO events on /socket.io/ and Engine.IO messages on /engine.io/.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// How often clients are pinged.
    #[arg(long, default_value_t = 300)]
    ping_interval_ms: u64,
    /// How long they may take to answer.
    #[arg(long, default_value_t = 200)]
    ping_timeout_ms: u64,
    /// How long they may take to connect to a namespace.
    #[arg(long, default_value_t = 1_000)]
    connect_timeout_ms: u64,
    /// The largest message, in bytes.
    #[arg(long, default_value_t = 1_000_000)]
    max_payload: usize,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let listener = tokio::net::TcpListener::bind(arguments.listen).await?;
    println!("listening on {}", listener.local_addr()?);
    let options = service::Options {
        ping_interval: Duration::from_millis(arguments.ping_interval_ms),
        ping_timeout: Duration::from_millis(arguments.ping_timeout_ms),
        connect_timeout: Duration::from_millis(arguments.connect_timeout_ms),
        max_payload: arguments.max_payload,
    };
    service::serve(listener, options).await
}
