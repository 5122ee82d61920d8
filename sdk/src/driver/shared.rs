//! What the driver and the handles share.

use std::sync::{Arc, Mutex};

use rallypoint_core::{FriendList, InviteEntry, LinkState, roster};
use rallypoint_protocol::{
    ApiError, InviteId, SessionCode, User, UserId,
    event::{ClientCommand, ServerEvent},
    invite::{InviteAnswer, InviteReceived, InviteResponded, SentInvite},
    matchmaking::QueueState,
    social::Friend,
};
use reqwest::Url;
use tokio::sync::{mpsc, oneshot};

use crate::{
    Error,
    client::Settings,
    events::Publisher,
    network::Cable,
    rest::{Rest, SharedRest},
    sync::lock,
};

/// Commands that may wait for the driver.
const COMMANDS: usize = 1024;

/// What an application, or a request that has come back, tells the driver.
pub(crate) enum Command {
    SignedIn {
        epoch: u64,
        user: User,
        expires_in: i64,
        done: oneshot::Sender<()>,
    },
    LoggedOut {
        epoch: u64,
        done: oneshot::Sender<()>,
    },
    Refreshed {
        expires_in: i64,
    },
    RefreshRefused {
        error: ApiError,
    },
    RefreshFailed,
    Shown {
        id: InviteId,
    },
    Answer {
        id: InviteId,
        answer: InviteAnswer,
        reply: oneshot::Sender<Result<InviteResponded, Error>>,
    },
    /// Sends over the socket and waits for the answer that fits.
    Request {
        command: ClientCommand,
        reply: oneshot::Sender<Result<ServerEvent, RequestFailure>>,
    },
    TrackSent {
        invite_id: InviteId,
        receiver_id: UserId,
    },
    OpenLink {
        code: SessionCode,
    },
    NetworkSwitched {
        cut: bool,
    },
    /// An answer by REST has come back.
    Answered {
        id: InviteId,
        result: Result<InviteResponded, Error>,
    },
    /// An acknowledge by REST has come back.
    Acknowledged {
        id: InviteId,
        result: Result<(), Error>,
    },
    /// Where the player stands in matchmaking, by a request that began then.
    QueueSeen {
        began: std::time::Instant,
        result: Result<QueueState, Error>,
    },
    /// The friends and requests have come back.
    FriendsListed {
        began: std::time::Instant,
        result: Result<Friendships, Error>,
    },
    /// One has changed something about one's friendships oneself.
    FriendsChanged {
        input: roster::Input,
        done: oneshot::Sender<()>,
    },
    /// What one says of oneself is to be said as soon as one is online.
    StatusPending,
    /// Whether it could be said.
    StatusSaid {
        said: bool,
    },
    /// A poll or a sync has come back.
    Synced {
        began: std::time::Instant,
        result: Result<Lists, Error>,
    },
}

/// What the server knows of one's invites.
pub(crate) struct Lists {
    pub(crate) received: Vec<InviteReceived>,
    /// Left out where nothing is awaited.
    pub(crate) sent: Option<Vec<SentInvite>>,
}

/// What the server knows of one's friendships.
pub(crate) struct Friendships {
    /// Asked for before `friends`.
    pub(crate) requests: Vec<Friend>,
    pub(crate) friends: Vec<Friend>,
    /// Whether there are no more.
    pub(crate) complete: bool,
}

/// A command, and the login that it belongs to where it matters.
pub(crate) struct Message {
    pub(crate) epoch: Option<u64>,
    pub(crate) command: Command,
}

/// Why a request over the socket has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestFailure {
    /// Surely not sent.
    NoSocket,
    /// Sent, perhaps carried out.
    Lost,
    Closed,
}

pub(crate) struct Shared {
    pub(crate) rest: SharedRest,
    pub(crate) publisher: Publisher,
    pub(crate) cable: Cable,
    commands: mpsc::Sender<Message>,
    view: Mutex<View>,
    /// What one says of oneself, under which epoch. Held while the server is told, so that the last word is the last.
    pub(crate) status: tokio::sync::Mutex<Option<(u64, String)>>,
}

struct View {
    invites: Vec<InviteEntry>,
    link: LinkState,
    standing: QueueState,
    friends: Arc<FriendList>,
}

impl Default for View {
    fn default() -> Self {
        Self { invites: Vec::new(), link: LinkState::default(), standing: QueueState::Idle, friends: Arc::default() }
    }
}

impl Shared {
    pub(crate) fn new(url: Url, settings: &Settings) -> Result<(Arc<Self>, mpsc::Receiver<Message>), Error> {
        let (commands, messages) = mpsc::channel(COMMANDS);
        let cable = Cable::new();
        let rest = Arc::new(Rest::new(url, settings.request_timeout, cable.clone(), commands.clone())?);
        let publisher = Publisher::default();
        Ok((
            Arc::new(Self { rest, publisher, cable, commands, view: Mutex::default(), status: Default::default() }),
            messages,
        ))
    }

    /// Tells the driver without waiting; false if it is gone or hopelessly behind.
    pub(crate) fn tell(&self, command: Command) -> bool {
        let told = self.commands.try_send(Message { epoch: None, command });
        if told.is_err() {
            tracing::warn!("a command was dropped: the client is shut down or overloaded");
        }
        told.is_ok()
    }

    pub(crate) async fn ask(&self, command: Command) -> Result<(), Error> {
        self.commands.send(Message { epoch: None, command }).await.map_err(|_| Error::Closed)
    }

    /// The same, for whoever is signed in under this epoch.
    pub(crate) async fn ask_for(&self, epoch: u64, command: Command) -> Result<(), Error> {
        self.commands.send(Message { epoch: Some(epoch), command }).await.map_err(|_| Error::Closed)
    }

    pub(crate) async fn request(&self, command: ClientCommand) -> Result<ServerEvent, RequestFailure> {
        let (reply, answered) = oneshot::channel();
        self.ask(Command::Request { command, reply }).await.map_err(|_| RequestFailure::Closed)?;
        answered.await.unwrap_or(Err(RequestFailure::Closed))
    }

    pub(crate) fn invites(&self) -> Vec<InviteEntry> {
        lock(&self.view).invites.clone()
    }

    pub(crate) fn link_state(&self) -> LinkState {
        lock(&self.view).link
    }

    pub(crate) fn queue_state(&self) -> QueueState {
        lock(&self.view).standing.clone()
    }

    pub(crate) fn show_queue_state(&self, state: QueueState) {
        lock(&self.view).standing = state;
    }

    pub(crate) fn friends(&self) -> Arc<FriendList> {
        Arc::clone(&lock(&self.view).friends)
    }

    pub(crate) fn show_friends(&self, friends: FriendList) {
        lock(&self.view).friends = Arc::new(friends);
    }

    pub(crate) fn show_invites(&self, invites: Vec<InviteEntry>) {
        lock(&self.view).invites = invites;
    }

    pub(crate) fn show_link(&self, state: LinkState) {
        lock(&self.view).link = state;
    }

    /// Whether the driver has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.commands.is_closed()
    }

    pub(crate) fn commands(&self) -> mpsc::Sender<Message> {
        self.commands.clone()
    }
}
