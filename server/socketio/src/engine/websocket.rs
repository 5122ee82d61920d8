//! A WebSocket that is polled, and that keeps no buffer while it is idle.
//!
//! tungstenite's protocol state and buffers exist only while a frame is under way: as soon as all bytes that were read
//! belong to messages that were handed over, and all that was written has left, they are dropped.

use std::{
    borrow::Cow,
    io::{self, ErrorKind, Read, Write},
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tungstenite::{
    Error, Message, Utf8Bytes,
    error::{CapacityError, ProtocolError},
    protocol::{CloseFrame, Role, WebSocketConfig, WebSocketContext},
};

use super::packet::Packet;

/// What an upgraded HTTP connection is read from and written to.
pub(crate) type Stream = TokioIo<Upgraded>;

/// Read at once, first of all.
const READ_BYTES: usize = 4 * 1024;
/// Read at once of a message of which more is to come, and of a large one.
const MORE_BYTES: usize = 512;
const MANY_BYTES: usize = 16 * 1024;
/// Gathered before it is written.
const WRITE_BYTES: usize = 32 * 1024;

/// Close codes of RFC 6455 that the server sends by itself.
pub(crate) mod close_code {
    pub(crate) const NORMAL: u16 = 1000;
    pub(crate) const PROTOCOL: u16 = 1002;
    pub(crate) const INVALID_TEXT: u16 = 1007;
    pub(crate) const POLICY: u16 = 1008;
    pub(crate) const TOO_LARGE: u16 = 1009;
    pub(crate) const INTERNAL: u16 = 1011;
    pub(crate) const TRY_AGAIN: u16 = 1013;
}

/// What comes over a WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Text(Utf8Bytes),
    Binary(Bytes),
    /// A ping or a pong of WebSocket's own, of this size.
    Control(usize),
}

/// Why nothing more comes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The client has closed it, or the connection has broken.
    Gone,
    /// The client has broken a rule, and is to be told by this close code.
    Violation(u16),
}

pub(crate) struct WebSocket<S> {
    stream: S,
    context: Option<Box<Buffers>>,
    max_message: usize,
    /// The client's close frame has been read, and is answered as soon as something is written.
    closed_by_client: bool,
}

/// Protocol state, and what it has seen.
struct Buffers {
    protocol: WebSocketContext,
    /// Bytes read, and bytes of the messages that were handed over.
    read: usize,
    handed_over: usize,
    /// Something has been queued that may not have left.
    unsent: bool,
    queued: usize,
}

impl Buffers {
    fn new(part: &[u8], max_message: usize) -> Box<Self> {
        // tungstenite clears its buffer at each read: a short message is to pay for a short one.
        let buffer = if part.len() == READ_BYTES { MANY_BYTES } else { MORE_BYTES };
        let config = WebSocketConfig::default()
            .read_buffer_size(buffer)
            .write_buffer_size(WRITE_BYTES)
            .max_message_size(Some(max_message))
            .max_frame_size(Some(max_message));
        let mut first = Vec::with_capacity(part.len().max(buffer));
        first.extend_from_slice(part);
        let protocol = WebSocketContext::from_partially_read(first, Role::Server, Some(config));
        Box::new(Self { protocol, read: part.len(), handed_over: 0, unsent: false, queued: 0 })
    }

    fn is_idle(&self) -> bool {
        self.read == self.handed_over && !self.unsent
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    pub(crate) fn new(stream: S, max_message: usize) -> Self {
        Self { stream, context: None, max_message, closed_by_client: false }
    }

    /// Sets the size of the largest message that may come.
    pub(crate) fn set_max_message(&mut self, bytes: usize) {
        if std::mem::replace(&mut self.max_message, bytes) != bytes
            && let Some(context) = &mut self.context
        {
            context.protocol.set_config(|config| {
                (config.max_message_size, config.max_frame_size) = (Some(bytes), Some(bytes));
            });
        }
    }

    /// Waits for what the client sends.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Frame, End>> {
        if self.closed_by_client {
            return Poll::Ready(Err(End::Gone));
        }
        let mut context = match self.context.take().filter(|context| !context.is_idle()) {
            Some(context) => context,
            None => {
                let mut space = [MaybeUninit::<u8>::uninit(); READ_BYTES];
                let mut buffer = ReadBuf::uninit(&mut space);
                if ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer)).is_err() || buffer.filled().is_empty()
                {
                    return Poll::Ready(Err(End::Gone));
                }
                Buffers::new(buffer.filled(), self.max_message)
            }
        };
        let mut io = PollIo { stream: &mut self.stream, cx, read: 0 };
        let result = context.protocol.read(&mut io);
        context.read += io.read;
        let frame = match result {
            Ok(message) => {
                context.handed_over += wire_bytes(message.len());
                Ok(match message {
                    Message::Text(text) => Frame::Text(text),
                    Message::Binary(bytes) => Frame::Binary(bytes),
                    Message::Ping(data) => {
                        // Its answer waits to be written.
                        context.unsent = true;
                        Frame::Control(data.len())
                    }
                    Message::Pong(data) => Frame::Control(data.len()),
                    Message::Close(_) | Message::Frame(_) => {
                        self.closed_by_client = true;
                        context.unsent = true;
                        self.context = Some(context);
                        return Poll::Ready(Err(End::Gone));
                    }
                })
            }
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                self.context = Some(context);
                return Poll::Pending;
            }
            Err(error) => Err(end_of(&error)),
        };
        self.context = Some(context);
        Poll::Ready(frame)
    }

    /// Queues a packet; [`poll_flush`](Self::poll_flush) sends it.
    pub(crate) fn queue(&mut self, cx: &mut Context<'_>, packet: Packet) -> Result<(), End> {
        self.write(
            cx,
            match packet {
                Packet::Text(Cow::Borrowed(text)) => Message::Text(Utf8Bytes::from_static(text)),
                Packet::Text(Cow::Owned(text)) => Message::text(text),
                Packet::Binary(bytes) => Message::Binary(bytes),
            },
        )
    }

    /// Queues a close frame, the last of all.
    pub(crate) fn close(&mut self, cx: &mut Context<'_>, code: u16, reason: &str) -> Result<(), End> {
        let frame = CloseFrame { code: code.into(), reason: reason.into() };
        self.write(cx, Message::Close(Some(frame)))
    }

    /// Returns whether so much is queued that it is to be sent first.
    pub(crate) fn is_full(&self) -> bool {
        self.context.as_ref().is_some_and(|context| context.queued >= WRITE_BYTES)
    }

    fn write(&mut self, cx: &mut Context<'_>, message: Message) -> Result<(), End> {
        let max_message = self.max_message;
        let context = self.context.get_or_insert_with(|| Buffers::new(&[], max_message));
        context.unsent = true;
        context.queued += message.len();
        let mut io = PollIo { stream: &mut self.stream, cx, read: 0 };
        match context.protocol.write(&mut io, message) {
            Ok(()) => Ok(()),
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(_) => Err(End::Gone),
        }
    }

    /// Sends what is queued.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        let Some(context) = self.context.as_mut().filter(|context| context.unsent) else { return Poll::Ready(Ok(())) };
        let mut io = PollIo { stream: &mut self.stream, cx, read: 0 };
        match context.protocol.flush(&mut io) {
            Ok(()) => {
                (context.unsent, context.queued) = (false, 0);
                if context.is_idle() {
                    self.context = None;
                }
                Poll::Ready(Ok(()))
            }
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
            Err(_) => Poll::Ready(Err(End::Gone)),
        }
    }

    /// Tells the other side that nothing more comes.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.stream).poll_shutdown(cx).map(drop)
    }
}

/// The size of a message as one frame of a client.
fn wire_bytes(payload: usize) -> usize {
    const MASK: usize = 4;
    let head = match payload {
        0..126 => 2,
        126..65_536 => 4,
        _ => 10,
    };
    head + MASK + payload
}

fn end_of(error: &Error) -> End {
    match error {
        Error::Utf8(_) => End::Violation(close_code::INVALID_TEXT),
        Error::Capacity(CapacityError::MessageTooLong { .. }) => End::Violation(close_code::TOO_LARGE),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::Gone,
        Error::Protocol(_) | Error::Capacity(_) => End::Violation(close_code::PROTOCOL),
        _ => End::Gone,
    }
}

/// Reads and writes as tungstenite does: what would have to wait is an error, and the task is woken later.
struct PollIo<'a, 'b, S> {
    stream: &'a mut S,
    cx: &'a mut Context<'b>,
    read: usize,
}

impl<S: AsyncRead + Unpin> Read for PollIo<'_, '_, S> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(space);
        match Pin::new(&mut *self.stream).poll_read(self.cx, &mut buffer) {
            Poll::Ready(Ok(())) => {
                self.read += buffer.filled().len();
                Ok(buffer.filled().len())
            }
            Poll::Ready(Err(error)) => Err(error),
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

impl<S: AsyncWrite + Unpin> Write for PollIo<'_, '_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        would_block(Pin::new(&mut *self.stream).poll_write(self.cx, bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        would_block(Pin::new(&mut *self.stream).poll_flush(self.cx))
    }
}

fn would_block<T>(polled: Poll<io::Result<T>>) -> io::Result<T> {
    match polled {
        Poll::Ready(result) => result,
        Poll::Pending => Err(ErrorKind::WouldBlock.into()),
    }
}
