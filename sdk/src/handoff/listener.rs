//! The first copy's ear, and the second copy's mouth.

use std::{
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use interprocess::{
    local_socket::{
        GenericFilePath, Listener as SocketListener, ListenerOptions, Name, Stream, ToFsName as _,
        traits::{Listener as _, Stream as _, StreamCommon as _},
    },
    os::unix::local_socket::ListenerOptionsExt as _,
};

use super::{
    HandoffError, Instance,
    frame::{Conversation, Handover, Receipt},
    link::MAX_LINK,
    place::Place,
};
use crate::Client;

const VERSION: u32 = 1;
/// Links that wait to be read.
const WAITING: usize = 16;
/// How long a second copy may take to say what it wants.
pub(super) const HEARING: Duration = Duration::from_secs(1);
/// How long a second copy waits for the receipt. Longer, since another one may be heard first.
const RECEIPT: Duration = Duration::from_secs(10);
/// How often a forwarding thread looks whether its client is still there.
const LOOK: Duration = Duration::from_secs(1);

/// The first copy's ear, from [`claim`](super::claim). Dropping it gives the place up.
#[derive(Debug)]
pub struct Listener {
    links: Receiver<String>,
    // Ended when dropped.
    _ear: Ear,
}

impl Listener {
    /// The next link handed over, if there is one; never waits.
    pub fn try_next(&mut self) -> Option<String> {
        self.links.try_recv().ok()
    }

    /// Gives every link to the client from now on, on a thread of its own, until the client has ended.
    pub fn forward_to(self, client: Client) {
        let client = client.downgrade();
        let Self { links, _ear: ear } = self;
        let forward = move || {
            let _heard_until_the_end = ear;
            loop {
                let link = links.recv_timeout(LOOK);
                let Some(client) = client.upgrade() else { return };
                match link {
                    Ok(link) => {
                        if let Err(error) = client.open_link(&link) {
                            tracing::warn!(%error, "a link that was handed over is of no use");
                        }
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        };
        if let Err(error) = thread::Builder::new().name("rallypoint-links".into()).spawn(forward) {
            tracing::error!(%error, "no thread could be started to forward links");
        }
    }
}

/// The thread that answers other copies.
#[derive(Debug)]
struct Ear {
    place: Arc<Place>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Ear {
    fn drop(&mut self) {
        // Under the lock, so that it can't be a successor's socket that is removed.
        let locked = self.place.lock();
        self.over.store(true, Ordering::Release);
        // The thread waits for a caller: here is one.
        let woken = connect(&self.place).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken) {
            let _ = thread.join();
        }
        if locked.is_ok() {
            let _ = fs::remove_file(&self.place.socket);
        }
    }
}

pub(super) fn claim_in(place: &Arc<Place>, link: Option<&str>) -> Result<Instance, HandoffError> {
    if link.is_some_and(|link| !is_fit(link)) {
        return Err(HandoffError::InvalidInput(format!("a link has at most {MAX_LINK} bytes in one line")));
    }
    match connect(place) {
        Ok(stream) => return hand_over(stream, place, link),
        Err(error) if is_nobody(&error) => {}
        Err(error) => return Err(error.into()),
    }
    let lock = place.lock()?;
    // Another copy may have come first while this one waited.
    match connect(place) {
        Ok(stream) => {
            drop(lock);
            return hand_over(stream, place, link);
        }
        Err(error) if is_nobody(&error) => {}
        Err(error) => return Err(error.into()),
    }
    match fs::remove_file(&place.socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let socket = ListenerOptions::new().name(name(place)?).mode(0o600).reclaim_name(false).create_sync()?;
    Ok(Instance::First(listen(place, socket)?))
}

fn listen(place: &Arc<Place>, socket: SocketListener) -> io::Result<Listener> {
    let (heard, links) = sync_channel(WAITING);
    let over = Arc::new(AtomicBool::new(false));
    let hear = {
        let (place, over) = (place.clone(), over.clone());
        move || {
            while !over.load(Ordering::Acquire) {
                match socket.accept() {
                    Ok(_) if over.load(Ordering::Acquire) => return,
                    Ok(stream) => {
                        if let Err(error) = hear(stream, &place, &heard) {
                            tracing::debug!(%error, "another copy was not understood");
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "other copies can't be heard");
                        // Out of descriptors, perhaps: that passes.
                        thread::sleep(LOOK);
                    }
                }
            }
        }
    };
    let thread = thread::Builder::new().name("rallypoint-handoff".into()).stack_size(128 * 1024).spawn(hear)?;
    Ok(Listener { links, _ear: Ear { place: place.clone(), over, thread: Some(thread) } })
}

/// Hears one caller out.
fn hear(stream: Stream, place: &Place, heard: &SyncSender<String>) -> io::Result<()> {
    if stream.peer_creds()?.euid() != Some(place.uid) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut conversation = Conversation::new(stream, HEARING);
    let Handover { version, link } = conversation.read()?;
    let refusal = match link {
        _ if version != VERSION => Some("it is of another version"),
        None => None,
        Some(link) if !is_fit(&link) => Some("the link is malformed"),
        Some(link) => match heard.try_send(link) {
            Ok(()) => None,
            Err(TrySendError::Full(_)) => Some("too many links are waiting"),
            Err(TrySendError::Disconnected(_)) => Some("it is ending"),
        },
    };
    conversation.write(&Receipt { taken: refusal.is_none(), reason: refusal.map(str::to_owned) })
}

fn hand_over(stream: Stream, place: &Place, link: Option<&str>) -> Result<Instance, HandoffError> {
    if stream.peer_creds()?.euid() != Some(place.uid) {
        return Err(HandoffError::Refused("it belongs to another user".into()));
    }
    let mut conversation = Conversation::new(stream, RECEIPT);
    conversation.write(&Handover { version: VERSION, link: link.map(str::to_owned) })?;
    match conversation.read::<Receipt>() {
        Ok(Receipt { taken: true, .. }) => Ok(Instance::Second),
        Ok(Receipt { reason, .. }) => Err(HandoffError::Refused(reason.unwrap_or_default())),
        Err(error) => Err(HandoffError::Refused(format!("it does not answer: {error}"))),
    }
}

fn connect(place: &Place) -> io::Result<Stream> {
    Stream::connect(name(place)?)
}

fn name(place: &Place) -> io::Result<Name<'_>> {
    place.socket.as_path().to_fs_name::<GenericFilePath>()
}

/// Whether nobody listens: no socket, or one that a dead copy has left.
fn is_nobody(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

fn is_fit(link: &str) -> bool {
    link.len() <= MAX_LINK && !link.chars().any(char::is_control)
}
