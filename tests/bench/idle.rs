//! What a connection costs that does nothing.

use std::time::Duration;

use anyhow::{Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    Options, Server,
    account::{Account, Dialect, Rest},
    socket::Socket,
    table::{Bound, Table},
};

const CONNECTIONS: usize = 5_000;
/// Long enough for buffers of the handshake to be given back.
const SETTLE: Duration = Duration::from_secs(3);

pub async fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let server = Server::start(&options.server)?;
    let rest = Rest::new(server.http, Dialect::Rallypoint);
    let accounts = rest.accounts(CONNECTIONS).await?;
    sleep(SETTLE).await;
    let (before, cpu_before) = (server.resident()?, server.cpu()?);
    let connect = |account: Account| async move { Socket::connect(server.http, &account.token).await };
    let sockets: Vec<Socket> = stream::iter(accounts).map(connect).buffer_unordered(32).try_collect().await?;
    let cpu = server.cpu()? - cpu_before;
    let mut tasks = JoinSet::new();
    for socket in sockets {
        tasks.spawn(socket.idle());
    }
    sleep(SETTLE).await;
    ensure!(tasks.try_join_next().is_none(), "a connection was closed while it was idle");
    let each = server.resident()?.saturating_sub(before) as f64 / CONNECTIONS as f64;
    tasks.shutdown().await;
    table.add(
        &format!("memory per idle signed-in connection, at {CONNECTIONS}"),
        each / 1e3,
        "kB",
        1,
        Bound::Below(32.0),
    );
    table.add("… server CPU per connect", cpu.as_secs_f64() * 1e6 / CONNECTIONS as f64, "µs", 0, Bound::None);
    Ok(())
}
