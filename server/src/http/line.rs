//! A connection that can be hung up by whoever knows it, although it belongs to a library by then, and that ends when
//! nobody reads what is written.

use std::{
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures_util::task::AtomicWaker;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// How long the other side may take to read anything of what waits for it.
const UNREAD: Duration = Duration::from_secs(30);

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

/// A stream that ends when its line is hung up, or nothing more can be written.
pub(super) struct Attached<Io> {
    io: Io,
    line: Line,
    /// Until when something has to be read, while nothing can be written.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<Io> Attached<Io> {
    pub(super) fn new(io: Io, line: Line) -> Self {
        Self { io, line, stalled: None }
    }

    /// Writes, unless that has become pointless.
    fn write<T>(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut Io>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>>
    where
        Io: Unpin,
    {
        if self.line.is_hung_up(&self.line.0.writer, context) {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        let written = write(Pin::new(&mut self.io), context);
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(UNREAD)));
        stalled.as_mut().poll(context).map(|()| Err(ErrorKind::TimedOut.into()))
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
        self.write(context, |io, context| io.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(context, |io, context| io.poll_write_vectored(context, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(context, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, duplex, split},
        time::Instant,
    };

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

    #[tokio::test(start_paused = true)]
    async fn writing_that_nobody_reads_ends() {
        let (mut client, server) = duplex(16);
        let mut server = Attached::new(server, Line::default());
        let started = Instant::now();
        let reader = tokio::spawn(async move {
            for _ in 0..4 {
                sleep(UNREAD / 2).await;
                client.read_u8().await.expect("something");
            }
            client
        });
        assert_eq!(server.write_all(&[0; 64]).await.map_err(|error| error.kind()), Err(ErrorKind::TimedOut));
        assert_eq!(started.elapsed(), 3 * UNREAD, "after the last byte that was read");
        drop(reader.await.expect("no panic"));
    }
}
