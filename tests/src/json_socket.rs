//! A plain WebSocket that speaks JSON objects with a `type`, as browsers have one.

use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _, stream::SplitSink};
use serde_json::Value;
use tokio::{net::TcpStream, sync::mpsc, task::JoinSet};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message},
};

use crate::PATIENCE;

pub struct JsonSocket {
    sink: SplitSink<WebSocketStream<MaybeTlsStream<TcpStream>>, Message>,
    frames: mpsc::UnboundedReceiver<Result<Message, Error>>,
    /// Reads all the time, as browsers do, and so answers pings while the test looks elsewhere.
    reader: JoinSet<()>,
}

impl JsonSocket {
    /// Connects to a path, query and all, of a server that is named as `http://…`.
    pub async fn open(url: &str, path: &str) -> Result<Self> {
        let address = format!("{}{path}", url.replacen("http", "ws", 1));
        let (stream, _) = tokio::time::timeout(PATIENCE, connect_async(address)).await??;
        let (sink, mut stream) = stream.split();
        let (queue, frames) = mpsc::unbounded_channel();
        let mut reader = JoinSet::new();
        reader.spawn(async move {
            while let Some(frame) = stream.next().await {
                if queue.send(frame).is_err() {
                    return;
                }
            }
        });
        Ok(Self { sink, frames, reader })
    }

    /// Reads nothing any more, not even pings. The connection stays open.
    pub async fn freeze(&mut self) {
        self.reader.shutdown().await;
    }

    pub async fn send(&mut self, frame: Value) -> Result<()> {
        self.send_raw(Message::text(frame.to_string())).await
    }

    pub async fn send_raw(&mut self, message: Message) -> Result<()> {
        Ok(self.sink.send(message).await?)
    }

    /// Sends many frames with as few packets as possible.
    pub async fn flood(&mut self, frame: &Value, times: usize) -> Result<()> {
        for _ in 0..times {
            self.sink.feed(Message::text(frame.to_string())).await?;
        }
        Ok(self.sink.flush().await?)
    }

    /// The next frame; `None` at the end.
    async fn frame(&mut self) -> Result<Option<Message>> {
        loop {
            match tokio::time::timeout(PATIENCE, self.frames.recv()).await.context("nothing came")? {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(frame) => return Ok(Some(frame?)),
                None => return Ok(None),
            }
        }
    }

    /// The next frame that is wanted.
    pub async fn next_where(&mut self, what: &str, mut wanted: impl FnMut(&Value) -> bool) -> Result<Value> {
        let search = async {
            loop {
                match self.frame().await? {
                    Some(Message::Text(text)) => {
                        let frame: Value = serde_json::from_str(&text)?;
                        if wanted(&frame) {
                            return Ok(frame);
                        }
                    }
                    other => bail!("{other:?} instead of {what}"),
                }
            }
        };
        tokio::time::timeout(PATIENCE * 6, search).await.with_context(|| format!("no {what}"))?
    }

    /// The next frame of this type.
    pub async fn next(&mut self, kind: &str) -> Result<Value> {
        self.next_where(kind, |frame| frame["type"] == kind).await
    }

    /// Reads on to the end: the code and the reason of the close frame.
    pub async fn closed(&mut self) -> Result<(u16, String)> {
        let search = async {
            loop {
                match self.frame().await? {
                    Some(Message::Close(Some(frame))) => return Ok((frame.code.into(), frame.reason.to_string())),
                    Some(Message::Close(None)) | None => bail!("closed without a word"),
                    Some(_) => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, search).await.context("it stayed open")?
    }
}
