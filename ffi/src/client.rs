//! Clients behind handles: their requests under way and what waits to be polled.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rallypoint::{
    Client, Error, Event, Events, Unread,
    protocol::{
        GameId,
        matchmaking::{MatchFound, QueueState},
    },
};

use crate::{
    record::{self, Record},
    registry::Registry,
    status::{Failure, RP_ERR_BUSY, RP_ERR_PANIC, RP_ERR_TIMEOUT, RP_OK},
    strings::write,
    types::{RP_EVENT_COMPLETED, rp_handle},
};

static CLIENTS: Registry<Entry> = Registry::new(1);
static NEXT_REQUEST: AtomicU64 = AtomicU64::new(1);

/// Requests of one client that are under way, or done and not polled.
const MAX_REQUESTS: usize = 1_024;

pub(crate) struct Entry {
    sdk: Client,
    feed: Mutex<Feed>,
    unread: Unread,
    /// Whether `feed` holds something back.
    holding: AtomicBool,
    done: Arc<Done>,
}

struct Feed {
    events: Events,
    missed: u64,
    held: Option<Held>,
    /// The match that was told of last.
    found: Option<GameId>,
}

/// What one event of the SDK leads to beyond the record that went first.
#[expect(clippy::large_enum_variant, reason = "one at a time, and seldom")]
enum Held {
    /// It came behind a gap, which was told first.
    Event(Event),
    /// It changed the place in the queue into a match.
    Found(Box<MatchFound>),
}

/// The outcomes of requests.
#[derive(Default)]
struct Done {
    /// As long as `queue`, so that an empty one costs no lock.
    waiting: AtomicUsize,
    queue: Mutex<VecDeque<Record>>,
    outstanding: AtomicUsize,
}

pub(crate) fn insert(sdk: Client) -> Result<rp_handle, Failure> {
    let events = sdk.events();
    let unread = events.unread();
    let feed = Mutex::new(Feed { events, missed: 0, held: None, found: None });
    CLIENTS.insert(Entry { sdk, feed, unread, holding: AtomicBool::new(false), done: Arc::default() })
}

pub(crate) fn get(handle: rp_handle) -> Result<Arc<Entry>, Failure> {
    CLIENTS.get(handle)
}

/// Whether there is nothing to poll. Games ask every frame, so that this takes no lock but the registry's.
pub(crate) fn is_idle(handle: rp_handle) -> Result<bool, Failure> {
    CLIENTS.look(handle, |entry| {
        let done = entry.done.waiting.load(Ordering::Acquire);
        done == 0 && !entry.unread.any() && !entry.holding.load(Ordering::Acquire)
    })
}

pub(crate) fn lives(handle: rp_handle) -> bool {
    CLIENTS.contains(handle)
}

pub(crate) fn remove(handle: rp_handle) -> Result<Arc<Entry>, Failure> {
    CLIENTS.remove(handle)
}

/// Closes every client; all of them together get `timeout`.
pub(crate) fn close_all(timeout: Duration) -> Result<(), Failure> {
    let deadline = Instant::now() + timeout;
    let clients = CLIENTS.drain();
    // All are told first, so that they end side by side.
    for client in &clients {
        client.close(Duration::ZERO);
    }
    let late =
        clients.iter().filter(|client| !client.close(deadline.saturating_duration_since(Instant::now()))).count();
    if late > 0 {
        return Err(Failure::new(RP_ERR_TIMEOUT, format!("the threads of {late} clients have not ended yet")));
    }
    Ok(())
}

/// Starts `work` on the client's own thread and writes the number of the request. Its outcome is always polled,
/// even if the work panics or the client ends.
///
/// # Safety
/// `request` is null or can be written.
pub(crate) unsafe fn request<F, Fut>(
    handle: rp_handle,
    request: *mut u64,
    operation: i32,
    work: F,
) -> Result<i32, Failure>
where
    F: FnOnce(Client) -> Fut,
    Fut: Future<Output = Result<Answer, Error>> + Send + 'static,
{
    let entry = get(handle)?;
    if request.is_null() {
        return Err(Failure::null("request"));
    }
    let ticket = Ticket::take(&entry.done, operation)?;
    // Before the work starts, so that no other thread can poll its outcome first.
    unsafe { write(request, ticket.request, "request") }?;
    let work = work(entry.sdk.clone());
    entry.sdk.spawn(async move {
        let outcome = work.await;
        ticket.complete(outcome);
    });
    Ok(RP_OK)
}

impl Entry {
    pub fn sdk(&self) -> &Client {
        &self.sdk
    }

    /// Ends the client's thread; false if it still runs after `timeout`.
    pub fn close(&self, timeout: Duration) -> bool {
        self.sdk.shutdown(timeout)
    }

    pub fn poll(&self) -> Option<Record> {
        if let Some(outcome) = self.done.pop() {
            return Some(outcome);
        }
        let mut feed = self.feed.lock();
        let record = feed.next();
        self.holding.store(feed.held.is_some(), Ordering::Release);
        record
    }
}

impl Feed {
    fn next(&mut self) -> Option<Record> {
        match self.held.take() {
            Some(Held::Event(event)) => return Some(self.told(event)),
            Some(Held::Found(found)) => return Some(record::match_found(&found)),
            None => {}
        }
        let event = self.events.try_next()?;
        let missed = self.events.missed();
        if missed > self.missed {
            let gap = record::missed(missed - self.missed);
            self.missed = missed;
            self.held = Some(Held::Event(event));
            return Some(gap);
        }
        Some(self.told(event))
    }

    fn told(&mut self, event: Event) -> Record {
        if let Event::QueueChanged(state) = &event {
            match state {
                // A fresh connect token for the same game is no news.
                QueueState::Matched(found) if self.found != Some(found.game_id) => {
                    self.found = Some(found.game_id);
                    self.held = Some(Held::Found(Box::new(found.clone())));
                }
                QueueState::Matched(_) => {}
                QueueState::Idle | QueueState::Queued(_) => self.found = None,
            }
        }
        record::event(event)
    }
}

impl Done {
    fn push(&self, records: impl IntoIterator<Item = Record>) {
        let mut queue = self.queue.lock();
        queue.extend(records);
        self.waiting.store(queue.len(), Ordering::Release);
    }

    fn pop(&self) -> Option<Record> {
        if self.waiting.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut queue = self.queue.lock();
        let record = queue.pop_front()?;
        self.waiting.store(queue.len(), Ordering::Release);
        if record.event.event_type == RP_EVENT_COMPLETED {
            self.outstanding.fetch_sub(1, Ordering::Relaxed);
        }
        Some(record)
    }
}

/// What a request has brought: rows, then the completion.
#[derive(Default)]
pub(crate) struct Answer {
    rows: Vec<Record>,
    completed: Record,
}

impl Answer {
    pub fn rows(rows: impl Iterator<Item = Record>) -> Self {
        Self { rows: rows.collect(), completed: Record::default() }
    }

    /// Rows, and what the completion says of all of them.
    pub fn rows_of(completed: Record, rows: impl Iterator<Item = Record>) -> Self {
        Self { rows: rows.collect(), completed }
    }

    pub fn about_invite(invite_id: i64) -> Self {
        let mut completed = Record::default();
        completed.event.invite_id = invite_id;
        completed.into()
    }
}

impl From<Record> for Answer {
    fn from(completed: Record) -> Self {
        Self { rows: Vec::new(), completed }
    }
}

/// The duty to complete a request, exactly once.
struct Ticket {
    done: Arc<Done>,
    request: u64,
    operation: i32,
    completed: bool,
}

impl Ticket {
    fn take(done: &Arc<Done>, operation: i32) -> Result<Self, Failure> {
        if done.outstanding.fetch_add(1, Ordering::Relaxed) >= MAX_REQUESTS {
            done.outstanding.fetch_sub(1, Ordering::Relaxed);
            let message = format!("{MAX_REQUESTS} requests are under way or not polled");
            return Err(Failure::new(RP_ERR_BUSY, message));
        }
        let request = NEXT_REQUEST.fetch_add(1, Ordering::Relaxed);
        Ok(Self { done: done.clone(), request, operation, completed: false })
    }

    fn complete(mut self, outcome: Result<Answer, Error>) {
        let Answer { mut rows, mut completed } = match outcome {
            Ok(answer) => answer,
            Err(error) => record::failed(&error).into(),
        };
        for row in &mut rows {
            row.event.request = self.request;
            row.event.operation = self.operation;
        }
        completed.event.count = i32::try_from(rows.len()).unwrap_or(i32::MAX);
        self.finish(rows, completed);
    }

    fn finish(&mut self, rows: Vec<Record>, mut completed: Record) {
        self.completed = true;
        completed.event.event_type = RP_EVENT_COMPLETED;
        completed.event.request = self.request;
        completed.event.operation = self.operation;
        self.done.push(rows.into_iter().chain([completed]));
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.completed {
            let failure = match std::thread::panicking() {
                true => Failure::new(RP_ERR_PANIC, "a defect in the library stopped the request"),
                false => Failure::closed(),
            };
            self.finish(Vec::new(), record::refused(&failure));
        }
    }
}

#[cfg(test)]
mod tests {
    use rallypoint::protocol::session::GameOptions;

    use super::*;
    use crate::{
        record::tests::found,
        status::{RP_ERR_CLOSED, RP_ERR_NOT_SIGNED_IN},
        types::{RP_EVENT_MATCH_FOUND, RP_EVENT_QUEUE_CHANGED},
    };

    const OPERATION: i32 = 7;

    #[test]
    fn rows_come_before_the_completion_and_carry_its_request() {
        let done = Arc::new(Done::default());
        let ticket = Ticket::take(&done, OPERATION).unwrap();
        let request = ticket.request;
        ticket.complete(Ok(Answer::rows((0..2).map(|_| record::missed(1)))));
        let polled: Vec<_> = std::iter::from_fn(|| done.pop()).collect();
        assert!(polled.iter().all(|record| (record.event.request, record.event.operation) == (request, OPERATION)));
        let last = polled.last().unwrap().event;
        assert_eq!((polled.len(), last.event_type, last.count, last.error), (3, RP_EVENT_COMPLETED, 2, RP_OK));
        assert_eq!(done.outstanding.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn every_ticket_completes_whatever_happens() {
        let done = Arc::new(Done::default());
        Ticket::take(&done, OPERATION).unwrap().complete(Err(Error::NotSignedIn));
        drop(Ticket::take(&done, OPERATION).unwrap());
        let ticket = Ticket::take(&done, OPERATION).unwrap();
        let panicked = std::thread::spawn(move || {
            let _ticket = ticket;
            panic!("a defect");
        });
        assert!(panicked.join().is_err());
        let errors: Vec<_> = std::iter::from_fn(|| done.pop()).map(|record| record.event.error).collect();
        assert_eq!(errors, [RP_ERR_NOT_SIGNED_IN, RP_ERR_CLOSED, RP_ERR_PANIC]);
    }

    #[test]
    fn requests_are_bounded_until_they_are_polled() {
        let done = Arc::new(Done::default());
        for _ in 0..MAX_REQUESTS {
            drop(Ticket::take(&done, OPERATION).unwrap());
        }
        assert!(matches!(Ticket::take(&done, OPERATION), Err(Failure { code: RP_ERR_BUSY, .. })));
        assert!(done.pop().is_some());
        assert!(Ticket::take(&done, OPERATION).is_ok());
    }

    #[test]
    fn a_match_is_found_once_however_many_tokens_it_takes() {
        let sdk = Client::builder("http://127.0.0.1:1").build().unwrap();
        let mut feed = Feed { events: sdk.events(), missed: 0, held: None, found: None };
        let mut heard = |state| {
            let first = feed.told(Event::QueueChanged(state));
            let second = feed.held.is_some().then(|| feed.next()).flatten();
            [Some(first), second].into_iter().flatten().map(|record| record.event.event_type).collect::<Vec<_>>()
        };
        let matched = |token: &str| QueueState::Matched(found(token, GameOptions::default()));
        assert_eq!(heard(matched("first")), [RP_EVENT_QUEUE_CHANGED, RP_EVENT_MATCH_FOUND]);
        assert_eq!(heard(matched("fresh")), [RP_EVENT_QUEUE_CHANGED]);
        assert_eq!(heard(QueueState::Idle), [RP_EVENT_QUEUE_CHANGED]);
        sdk.shutdown(Duration::from_secs(5));
    }
}
