//! A proxy between a client and a server, which can cut sockets while REST goes on, and tell another time.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// Listens on a port of its own.
pub struct Proxy {
    url: String,
    sockets: Arc<watch::Sender<bool>>,
    rewrite: Arc<Rewrite>,
    task: JoinHandle<()>,
}

/// A text, and what stands in its place.
type Rewrite = Mutex<Option<(Vec<u8>, Vec<u8>)>>;

impl Proxy {
    pub async fn before(server: &str) -> Result<Self> {
        let server: SocketAddr = server.trim_start_matches("http://").parse()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (sockets, rewrite) = (Arc::new(watch::Sender::new(true)), Arc::new(Mutex::new(None)));
        let (open, rewrites) = (Arc::clone(&sockets), Arc::clone(&rewrite));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, open.subscribe(), Arc::clone(&rewrites)));
            }
        });
        Ok(Self { url, sockets, rewrite, task })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends every WebSocket and refuses new ones. Other requests pass.
    pub fn cut_sockets(&self) {
        self.sockets.send_replace(false);
    }

    pub fn restore_sockets(&self) {
        self.sockets.send_replace(true);
    }

    /// From now on replaces a text in whatever the server says by one of the same length.
    pub fn rewrite(&self, from: &str, to: &str) {
        assert_eq!(from.len(), to.len(), "the frames around it keep their length");
        let pair = (from.as_bytes().to_vec(), to.as_bytes().to_vec());
        *self.rewrite.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(pair);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(
    mut client: TcpStream,
    server: SocketAddr,
    mut open: watch::Receiver<bool>,
    rewrite: Arc<Rewrite>,
) -> std::io::Result<()> {
    let mut first = [0; 16 * 1024];
    let length = client.read(&mut first).await?;
    let is_socket = first[..length].starts_with(b"GET /socket.io");
    if is_socket && !*open.borrow_and_update() {
        return Ok(());
    }
    let mut server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    server.write_all(&first[..length]).await?;
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let down = async {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let length = from_server.read(&mut buffer).await?;
            if length == 0 {
                return to_client.shutdown().await;
            }
            let said = &mut buffer[..length];
            if let Some((from, to)) = &*rewrite.lock().unwrap_or_else(std::sync::PoisonError::into_inner) {
                for start in 0..said.len().saturating_sub(from.len() - 1) {
                    if said[start..].starts_with(from) {
                        said[start..start + to.len()].copy_from_slice(to);
                    }
                }
            }
            to_client.write_all(said).await?;
        }
    };
    let up = tokio::io::copy(&mut from_client, &mut to_server);
    let cut = async {
        if !is_socket || open.wait_for(|open| !open).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        result = down => result,
        result = up => result.map(drop),
        () = cut => Ok(()),
    }
}
