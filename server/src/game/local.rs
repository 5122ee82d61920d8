//! A connection that a dialect of this process holds: what it is told, and what it holds down.
//!
//! The game thread never waits for it. The newest state replaces one that was not fetched yet, and so does a newer
//! input of a player; whoever leaves too much else unfetched is sent away.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use parking_lot::Mutex;
use rallypoint_pong::{
    rules::{Input, Side},
    wire::{ClientMessage, ServerMessage},
};
use rallypoint_protocol::{ErrorCode, UserId};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Shared, host::Command, room::LinkId, view::View};

/// Messages that may wait to be fetched.
const WAITING: usize = 64;

/// What happened, to be told once and in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    Ready(UserId),
    Message(ServerMessage),
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    /// The game is over for this player.
    Over,
    /// The same player has a newer connection.
    Replaced,
    /// Too much waits to be fetched.
    TooSlow,
    Refused(ErrorCode),
}

/// The server stops.
pub(super) const STOPPED: Parting = Parting::Refused(ErrorCode::Unavailable);

/// What waits to be told.
#[derive(Debug, Default)]
pub struct Batch {
    pub notices: VecDeque<Notice>,
    /// What each side's player began to hold.
    pub moved: [Option<Input>; 2],
    pub state: Option<Arc<View>>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.state.is_none() && self.notices.is_empty() && self.moved == [None; 2]
    }
}

#[derive(Default)]
pub struct Mailbox {
    batch: Mutex<Batch>,
    filled: Notify,
    parting: Mutex<Option<Parting>>,
    parted: CancellationToken,
}

impl Mailbox {
    /// False: nothing more fits.
    pub fn tell(&self, notice: Notice) -> bool {
        let mut batch = self.batch.lock();
        let fits = batch.notices.len() < WAITING;
        if fits {
            batch.notices.push_back(notice);
            drop(batch);
            self.filled.notify_one();
        }
        fits
    }

    /// An input is told with the next state: waking somebody for each would cost more than all else.
    pub fn moved(&self, side: Side, input: Input) {
        self.batch.lock().moved[side.index()] = Some(input);
    }

    pub fn show(&self, view: Arc<View>) {
        self.batch.lock().state = Some(view);
        self.filled.notify_one();
    }

    /// Ends the connection. The first reason counts.
    pub fn part(&self, why: Parting) {
        self.parting.lock().get_or_insert(why);
        self.parted.cancel();
    }

    pub fn is_parted(&self) -> bool {
        self.parted.is_cancelled()
    }

    /// Waits for the end of the connection.
    pub async fn parted(&self) -> Parting {
        self.parted.cancelled().await;
        self.parting.lock().unwrap_or(Parting::Over)
    }

    /// Everything that waits; waits for something. May be cancelled.
    pub async fn take(&self) -> Batch {
        loop {
            let batch = self.take_now();
            if !batch.is_empty() {
                return batch;
            }
            self.filled.notified().await;
        }
    }

    pub fn take_now(&self) -> Batch {
        std::mem::take(&mut self.batch.lock())
    }
}

/// What a player holds, as the dialect last heard it. The game thread looks at it once a tick.
#[derive(Debug, Default)]
pub struct Pad(AtomicU32);

impl Pad {
    const TOUCHED: u32 = 1 << 31;

    pub fn hold(&self, input: Input) {
        let bits = match input {
            Input::Stop => 0,
            Input::Up => 1 << 16,
            Input::Down => 2 << 16,
            Input::To(place) => 3 << 16 | u32::from(place),
        };
        self.0.store(Self::TOUCHED | bits, Ordering::Relaxed);
    }

    /// What is new since the last call.
    pub fn take(&self) -> Option<Input> {
        // Most of the time there is nothing, and a load is cheaper than a swap.
        if self.0.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let bits = self.0.swap(0, Ordering::Relaxed);
        Some(match bits >> 16 & 3 {
            0 => Input::Stop,
            1 => Input::Up,
            2 => Input::Down,
            _ => Input::To(bits as u16),
        })
    }
}

/// The dialect's end. Dropping it drops the player, who may come back.
pub struct LocalLink {
    pub(super) shared: Arc<Shared>,
    pub(super) id: LinkId,
    pub(super) pad: Arc<Pad>,
}

impl LocalLink {
    /// Holds an input until the next one.
    pub fn hold(&self, input: Input) {
        self.pad.hold(input);
    }

    pub fn ready(&self) {
        self.say(Command::Hear { id: self.id, message: ClientMessage::Ready });
    }

    /// Gives up.
    pub fn leave(&self) {
        self.say(Command::Hear { id: self.id, message: ClientMessage::Leave });
    }

    /// Asks for the state as it is now.
    pub fn ask(&self) {
        self.say(Command::Show { id: self.id });
    }

    fn say(&self, command: Command) {
        // Without a game thread the connection has been ended.
        _ = self.shared.commands.send(command);
    }
}

impl Drop for LocalLink {
    fn drop(&mut self) {
        self.say(Command::Unplug { id: self.id });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pad_says_what_is_new_once() {
        let pad = Pad::default();
        assert_eq!(pad.take(), None);
        for input in [Input::Stop, Input::Up, Input::Down, Input::To(0), Input::To(65535)] {
            pad.hold(Input::Up);
            pad.hold(input);
            assert_eq!([pad.take(), pad.take()], [Some(input), None]);
        }
    }

    #[test]
    fn a_mailbox_that_nobody_empties_stays_small() {
        let mailbox = Mailbox::default();
        let told = (0..1_000).filter(|_| mailbox.tell(Notice::Ready(UserId(1)))).count();
        (0..1_000).for_each(|place| mailbox.moved(Side::Left, Input::To(place)));
        assert_eq!(told, WAITING);
        let batch = mailbox.take_now();
        assert_eq!((batch.notices.len(), batch.moved), (WAITING, [Some(Input::To(999)), None]));
        assert!(mailbox.take_now().is_empty());
    }
}
