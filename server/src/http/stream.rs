//! A connection that ends when nobody reads what is written, and whose client may close its half and still be answered.

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

use axum::body::{Body, Bytes};
use futures_util::task::AtomicWaker;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// How long the other side may take to read anything of what waits for it.
const UNREAD: Duration = Duration::from_secs(30);

/// The request that a connection is answering, among the request's extensions.
#[derive(Clone, Default)]
pub struct Exchange(Arc<State>);

#[derive(Default)]
struct State {
    answering: AtomicBool,
    /// The answer is for nobody once the client has closed its half.
    abortable: AtomicBool,
    reader: AtomicWaker,
}

impl Exchange {
    /// Breaks the answer off when the client closes its half of the connection. Others are still answered then.
    pub fn abort_when_half_closed(&self) {
        self.0.abortable.store(true, Ordering::SeqCst);
        self.0.reader.wake();
    }

    /// A request has arrived; the body that is returned ends the exchange with the answer.
    pub(super) fn begin(&self) {
        self.0.abortable.store(false, Ordering::SeqCst);
        self.0.answering.store(true, Ordering::SeqCst);
    }

    pub(super) fn body(&self, body: Body) -> Body {
        Body::new(Answer { body, exchange: self.clone() })
    }

    /// Whether the end of what a client sends is not to be noticed yet.
    fn hides_end(&self, context: &Context<'_>) -> bool {
        // First: a call that comes in between finds the waker.
        self.0.reader.register(context.waker());
        self.0.answering.load(Ordering::SeqCst) && !self.0.abortable.load(Ordering::SeqCst)
    }
}

/// The body of an answer.
struct Answer {
    body: Body,
    exchange: Exchange,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.exchange.0.answering.store(false, Ordering::SeqCst);
    }
}

/// A stream that ends when nothing more can be written, and hides a half-close while a request is answered.
pub(super) struct Attached<Io> {
    io: Io,
    exchange: Exchange,
    half_closed: bool,
    /// Until when something has to be read, while nothing can be written.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<Io> Attached<Io> {
    pub(super) fn new(io: Io, exchange: Exchange) -> Self {
        Self { io, exchange, half_closed: false, stalled: None }
    }

    /// Writes, unless nobody reads.
    fn write<T>(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut Io>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>>
    where
        Io: Unpin,
    {
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
        if !self.half_closed {
            let before = buffer.filled().len();
            let read = Pin::new(&mut self.io).poll_read(context, buffer);
            if !matches!(read, Poll::Ready(Ok(()))) || buffer.filled().len() > before || buffer.remaining() == 0 {
                return read;
            }
            self.half_closed = true;
        }
        if self.exchange.hides_end(context) { Poll::Pending } else { Poll::Ready(Ok(())) }
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
        io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
        time::Instant,
    };

    use super::*;

    #[tokio::test]
    async fn half_close_is_noticed_after_the_answer_or_when_it_is_for_nobody() {
        for abort in [false, true] {
            let (mut client, server) = duplex(16);
            let exchange = Exchange::default();
            let mut server = Attached::new(server, exchange.clone());
            exchange.begin();
            let body = exchange.body(Body::empty());
            client.write_all(b"ping").await.expect("written");
            client.shutdown().await.expect("one half");
            let reader = tokio::spawn(async move {
                let mut all = Vec::new();
                server.read_to_end(&mut all).await.map(|_| all)
            });
            tokio::task::yield_now().await;
            assert!(!reader.is_finished(), "the answer is under way");
            if abort {
                exchange.abort_when_half_closed();
            } else {
                drop(body);
                // hyper reads again by itself once an answer has gone.
                exchange.0.reader.wake();
            }
            assert_eq!(reader.await.expect("no panic").expect("an end"), b"ping");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn writing_that_nobody_reads_ends() {
        let (mut client, server) = duplex(16);
        let mut server = Attached::new(server, Exchange::default());
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
