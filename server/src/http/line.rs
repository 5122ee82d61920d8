//! A connection that can be hung up by whoever knows it, although it belongs to a library by then.

use std::{
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The connection that a request came over, among the request's extensions.
#[derive(Clone, Default)]
pub struct Line(Arc<State>);

#[derive(Default)]
struct State {
    hung_up: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Line {
    /// Ends the connection at once, whatever is under way on it.
    pub fn hang_up(&self) {
        self.0.hung_up.store(true, Ordering::SeqCst);
        self.0.reader.wake();
        self.0.writer.wake();
    }

    fn is_hung_up(&self, waker: &AtomicWaker, context: &Context<'_>) -> bool {
        // First: a call that comes in between finds the waker.
        waker.register(context.waker());
        self.0.hung_up.load(Ordering::SeqCst)
    }
}

/// A stream that ends when its line is hung up.
pub(super) struct Attached<Io> {
    io: Io,
    line: Line,
}

impl<Io> Attached<Io> {
    pub(super) fn new(io: Io, line: Line) -> Self {
        Self { io, line }
    }

    fn check_writer(&self, context: &Context<'_>) -> io::Result<()> {
        if self.line.is_hung_up(&self.line.0.writer, context) {
            return Err(ErrorKind::BrokenPipe.into());
        }
        Ok(())
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Attached<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.line.is_hung_up(&self.line.0.reader, context) {
            return Poll::Ready(Err(ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Attached<Io> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check_writer(context)?;
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check_writer(context)?;
        Pin::new(&mut self.io).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check_writer(context)?;
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex, split};

    use super::*;

    #[tokio::test]
    async fn hanging_up_ends_reading_and_writing_that_wait() {
        let (mut client, server) = duplex(16);
        let line = Line::default();
        let (mut reading, mut writing) = split(Attached::new(server, line.clone()));
        client.write_all(b"ping").await.expect("written");
        let mut ping = [0; 4];
        reading.read_exact(&mut ping).await.expect("read");
        assert_eq!(&ping, b"ping");

        let reader = tokio::spawn(async move { reading.read_u8().await.map_err(|error| error.kind()) });
        // More than fits: nobody reads it.
        let writer = tokio::spawn(async move { writing.write_all(&[0; 64]).await.map_err(|error| error.kind()) });
        tokio::task::yield_now().await;
        assert!(!reader.is_finished() && !writer.is_finished());
        line.hang_up();
        assert_eq!(reader.await.expect("no panic"), Err(ErrorKind::ConnectionAborted));
        assert_eq!(writer.await.expect("no panic"), Err(ErrorKind::BrokenPipe));
    }
}
