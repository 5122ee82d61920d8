//! A Socket.IO client that does next to nothing: it shares the machine with what it measures.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, Utf8Bytes, protocol::WebSocketConfig},
};

/// One connection over WebSocket, signed in where that is needed.
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
}

impl Socket {
    pub async fn connect(address: SocketAddr, token: &str) -> Result<Self> {
        Ok(Self::enter(address, &format!("{{\"token\":\"{token}\"}}")).await?.0)
    }

    /// Connects with this JSON text for `auth`, or none; the second is the socket's id.
    pub async fn enter(address: SocketAddr, auth: &str) -> Result<(Self, String)> {
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
        // The library clears its whole buffer at each read; by default that is 128 KiB.
        let config = WebSocketConfig::default().read_buffer_size(4096);
        let (stream, _) =
            client_async_with_config(url, tcp, Some(config)).await.context("the WebSocket was refused")?;
        let mut socket = Self { stream };
        let open = socket.text().await?;
        if !open.starts_with("0{") {
            bail!("no Engine.IO handshake but {open}");
        }
        socket.send(format!("40{auth}")).await?;
        let connected = socket.text().await?;
        let Some(told) = connected.strip_prefix("40") else { bail!("not signed in: {connected}") };
        let told: Value = serde_json::from_str(told).context("the answer to connecting")?;
        let id = told["sid"].as_str().context("no sid")?.to_owned();
        Ok((socket, id))
    }

    /// Sends an event; the payload is JSON text.
    pub async fn emit(&mut self, event: &str, payload: &str) -> Result<()> {
        self.send(format!("42[\"{event}\",{payload}]")).await
    }

    /// Waits for an event, passing over others, and returns its frame. An `:error` is one.
    pub async fn expect(&mut self, event: &str) -> Result<Utf8Bytes> {
        loop {
            let text = self.text().await?;
            let Some(rest) = text.strip_prefix("42[\"") else { continue };
            if rest.strip_prefix(event).is_some_and(|rest| rest.starts_with('"')) {
                return Ok(text);
            }
            if rest.split('"').next().is_some_and(|name| name.ends_with(":error")) {
                bail!("waiting for {event}: {text}");
            }
        }
    }

    /// Answers pings until the server closes the connection.
    pub async fn idle(mut self) {
        while self.text().await.is_ok() {}
    }

    async fn send(&mut self, text: String) -> Result<()> {
        Ok(self.stream.send(Message::text(text)).await?)
    }

    /// The next text frame that is no ping.
    async fn text(&mut self) -> Result<Utf8Bytes> {
        loop {
            match self.stream.next().await.context("the server closed the socket")?? {
                Message::Text(text) if text.as_str() == "2" => self.send("3".to_owned()).await?,
                Message::Text(text) => return Ok(text),
                Message::Close(frame) => bail!("the server closed the socket: {frame:?}"),
                _ => {}
            }
        }
    }
}

/// The number in a frame's `invite_id`, without reading the rest.
pub fn invite_id(frame: &str) -> Result<&str> {
    let (_, rest) = frame.split_once("\"invite_id\":").with_context(|| format!("no invite_id in {frame}"))?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    Ok(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_cut_out() {
        assert_eq!(invite_id(r#"42["invite:received",{"sender_id":3,"invite_id":71,"a":1}]"#).unwrap(), "71");
        assert_eq!(invite_id(r#"42["invite:received",{"invite_id":8}]"#).unwrap(), "8");
        assert!(invite_id("42[]").is_err());
    }
}
