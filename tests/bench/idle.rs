//! What a connection costs that does nothing.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    Options, Server,
    account::{Account, Dialect, Rest},
    peer::Peer,
    socket::Socket,
    table::{Bound, Table},
};

const CONNECTIONS: usize = 4_500;
/// Long enough for buffers of the handshake to be given back.
const SETTLE: Duration = Duration::from_secs(3);

pub async fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let server = Server::start(&options.server)?;
    let ours = connect(server.http, Dialect::Rallypoint, || Ok((server.resident()?, server.cpu()?))).await?;
    drop(server);
    let peer = match &options.peer {
        Some(folder) => {
            let peer = Peer::start(folder, &options.scratch)?;
            let figures = connect(peer.address, Dialect::Peer, || Ok((peer.resident()?, peer.cpu()?)));
            Some(figures.await.context("the Node server")?)
        }
        None => None,
    };
    let name = format!("memory per idle signed-in connection, at {CONNECTIONS}");
    table.add(&name, ours.bytes / 1e3, "kB", 1, Bound::Below(10.0));
    table.add("… server CPU per connect", ours.cpu * 1e6, "µs", 0, Bound::None);
    if let Some(peer) = &peer {
        table.add("… of the Node server", peer.cpu * 1e6, "µs", 0, Bound::None);
        table.add("… our share of that", ours.cpu / peer.cpu, "", 3, Bound::Below(0.25));
    }
    Ok(())
}

/// What each connection took.
struct Figures {
    bytes: f64,
    cpu: f64,
}

/// Connects everybody; `probe` returns the server's resident bytes and its CPU time.
async fn connect(
    address: SocketAddr,
    dialect: Dialect,
    probe: impl Fn() -> Result<(u64, Duration)>,
) -> Result<Figures> {
    let accounts = Rest::new(address, dialect).accounts(CONNECTIONS).await?;
    sleep(SETTLE).await;
    let (bytes, cpu) = probe()?;
    let connect = |account: Account| async move { Socket::connect(address, &account.token).await };
    let sockets: Vec<Socket> = stream::iter(accounts).map(connect).buffer_unordered(32).try_collect().await?;
    let cpu = probe()?.1 - cpu;
    let mut tasks = JoinSet::new();
    for socket in sockets {
        tasks.spawn(socket.idle());
    }
    sleep(SETTLE).await;
    ensure!(tasks.try_join_next().is_none(), "a connection was closed while it was idle");
    let bytes = probe()?.0.saturating_sub(bytes);
    tasks.shutdown().await;
    let each = CONNECTIONS as f64;
    Ok(Figures { bytes: bytes as f64 / each, cpu: cpu.as_secs_f64() / each })
}
