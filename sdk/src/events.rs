//! The stream of events, for any number of independent readers.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Poll, Waker},
};

use rallypoint_core::{InviteEntry, LinkState, RemovalReason, SentInviteUpdate};
use rallypoint_protocol::{
    ApiError, SessionCode,
    event::ServerEvent,
    matchmaking::{MatchCancelled, MatchFinished, QueueState},
    presence::Presence,
    session::Session,
    social::Friend,
};

use crate::sync::lock;

/// Events that one reader may leave unread before the oldest are dropped.
pub const CAPACITY: usize = 1024;

/// What happened.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub enum Event {
    /// The connection changed; `error` says why, where a refusal was the cause.
    LinkChanged {
        state: LinkState,
        error: Option<ApiError>,
    },
    /// The login has ended without being asked to: the refresh was refused, or it was ended elsewhere.
    SignedOut {
        error: ApiError,
    },
    /// An invite rings. Told once per invite, whatever paths it comes by.
    InviteAdded(InviteEntry),
    /// Its state, countdown or receipt changed.
    InviteChanged(InviteEntry),
    InviteRemoved {
        entry: InviteEntry,
        reason: RemovalReason,
    },
    /// One's own invite came a step further.
    SentInviteChanged(SentInviteUpdate),
    /// A session that one is in changed; `active` is false once it has closed.
    SessionUpdated(Session),
    PresenceChanged(Presence),
    /// Somebody asks for one's friendship. Told once, by whatever path it is learned; those that were there at the
    /// sign-in are in [`Friends::state`](crate::Friends::state).
    FriendRequested(Friend),
    /// There is a new friend, whoever of the two has accepted, on whichever device.
    FriendAccepted(Friend),
    /// A friendship or a request has ended, whoever ended it; this is what was last known of it.
    FriendRemoved(Friend),
    /// [`Friends::state`](crate::Friends::state) is another one: somebody was added, removed, came or went.
    FriendsChanged,
    /// One stands somewhere else in matchmaking: waiting, matched, or neither.
    QueueChanged(QueueState),
    /// The match that was found does not come about; [`Event::QueueChanged`] tells what follows.
    MatchCancelled(MatchCancelled),
    /// The result of a match, with one's rating where it was ranked.
    MatchFinished(MatchFinished),
    /// A deep link asks to join. Told once signed in.
    JoinRequested {
        code: SessionCode,
    },
    /// Everything else that the server says (chat, notifications), as it came.
    Server(ServerEvent),
}

/// A reader of events, from [`Client::events`](crate::Client::events). Sees what happens after it was made.
pub struct Events {
    shelf: Arc<Shelf>,
}

/// Tells without a lock whether a reader has something to read, from [`Events::unread`].
#[derive(Clone)]
pub struct Unread(Arc<Shelf>);

impl Unread {
    pub fn any(&self) -> bool {
        self.0.unread.load(Ordering::Acquire) > 0
    }
}

/// One reader's events.
#[derive(Default)]
struct Shelf {
    inbox: Mutex<Inbox>,
    /// As many as the inbox holds.
    unread: AtomicUsize,
}

impl Shelf {
    fn change<T>(&self, change: impl FnOnce(&mut Inbox) -> T) -> T {
        let mut inbox = lock(&self.inbox);
        let result = change(&mut inbox);
        self.unread.store(inbox.events.len(), Ordering::Release);
        result
    }
}

#[derive(Default)]
struct Inbox {
    events: VecDeque<Event>,
    missed: u64,
    closed: bool,
    waker: Option<Waker>,
}

impl Events {
    /// The next event if there is one; never waits.
    pub fn try_next(&mut self) -> Option<Event> {
        self.shelf.change(|inbox| inbox.events.pop_front())
    }

    /// Waits for the next event; `None` once the client has been shut down and everything is read.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|context| {
            self.shelf.change(|inbox| match inbox.events.pop_front() {
                Some(event) => Poll::Ready(Some(event)),
                None if inbox.closed => Poll::Ready(None),
                None => {
                    inbox.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            })
        })
        .await
    }

    /// How many events were dropped because they were not read in time.
    pub fn missed(&self) -> u64 {
        lock(&self.shelf.inbox).missed
    }

    /// Says whether there is something to read, from any thread and without a lock.
    pub fn unread(&self) -> Unread {
        Unread(Arc::clone(&self.shelf))
    }
}

/// Hands each event to every reader.
#[derive(Default)]
pub(crate) struct Publisher {
    readers: Mutex<Readers>,
}

#[derive(Default)]
struct Readers {
    shelves: Vec<Weak<Shelf>>,
    closed: bool,
}

impl Publisher {
    pub(crate) fn subscribe(&self) -> Events {
        let mut readers = lock(&self.readers);
        let shelf = Arc::new(Shelf::default());
        shelf.change(|inbox| inbox.closed = readers.closed);
        readers.shelves.retain(|shelf| shelf.strong_count() > 0);
        readers.shelves.push(Arc::downgrade(&shelf));
        Events { shelf }
    }

    pub(crate) fn publish(&self, event: Event) {
        self.each(|inbox| {
            if inbox.events.len() == CAPACITY {
                inbox.events.pop_front();
                inbox.missed += 1;
            }
            inbox.events.push_back(event.clone());
        });
    }

    pub(crate) fn close(&self) {
        lock(&self.readers).closed = true;
        self.each(|inbox| inbox.closed = true);
    }

    fn each(&self, change: impl Fn(&mut Inbox)) {
        let shelves: Vec<_> = lock(&self.readers).shelves.iter().filter_map(Weak::upgrade).collect();
        for shelf in shelves {
            let waker = shelf.change(|inbox| {
                change(inbox);
                inbox.waker.take()
            });
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(state: LinkState) -> Event {
        Event::LinkChanged { state, error: None }
    }

    #[test]
    fn readers_are_independent_and_see_only_what_follows() {
        let publisher = Publisher::default();
        let mut first = publisher.subscribe();
        let unread = first.unread();
        assert!(!unread.any());
        publisher.publish(event(LinkState::Connecting));
        assert!(unread.any());
        let mut second = publisher.subscribe();
        publisher.publish(event(LinkState::Live));
        assert!(matches!(first.try_next(), Some(Event::LinkChanged { state: LinkState::Connecting, .. })));
        assert!(matches!(first.try_next(), Some(Event::LinkChanged { state: LinkState::Live, .. })));
        assert!(matches!(second.try_next(), Some(Event::LinkChanged { state: LinkState::Live, .. })));
        assert!(second.try_next().is_none());
        assert!(!unread.any());
    }

    #[test]
    fn a_reader_that_sleeps_loses_the_oldest_and_can_tell_how_many() {
        let publisher = Publisher::default();
        let mut events = publisher.subscribe();
        publisher.publish(event(LinkState::Connecting));
        for _ in 0..CAPACITY {
            publisher.publish(event(LinkState::Live));
        }
        assert_eq!(events.missed(), 1);
        assert!(matches!(events.try_next(), Some(Event::LinkChanged { state: LinkState::Live, .. })));
    }

    #[tokio::test]
    async fn a_waiting_reader_is_woken_by_an_event_and_by_the_end() {
        let publisher = Arc::new(Publisher::default());
        let mut events = publisher.subscribe();
        let reader = tokio::spawn(async move {
            let first = events.next().await.is_some();
            (first, events.next().await.is_none())
        });
        tokio::task::yield_now().await;
        publisher.publish(event(LinkState::Live));
        tokio::task::yield_now().await;
        publisher.close();
        assert_eq!(reader.await.unwrap(), (true, true));
        assert!(publisher.subscribe().next().await.is_none(), "a reader of a closed client ends at once");
    }
}
