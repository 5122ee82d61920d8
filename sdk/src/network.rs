//! A switch that cuts the client off, to try out what a player in a tunnel sees.

use std::sync::Arc;

use tokio::sync::watch;

use crate::driver::{Command, Shared};

/// Cuts and restores this client's network. For tests and debug panels.
#[derive(Clone)]
pub struct NetworkSwitch {
    pub(crate) shared: Arc<Shared>,
}

impl NetworkSwitch {
    /// Drops the socket, ends requests under way and refuses new ones.
    pub fn cut(&self) {
        self.set(true);
    }

    pub fn restore(&self) {
        self.set(false);
    }

    pub fn is_cut(&self) -> bool {
        self.shared.cable.is_cut()
    }

    fn set(&self, cut: bool) {
        if self.shared.cable.set(cut) {
            self.shared.tell(Command::NetworkSwitched { cut });
        }
    }
}

/// The wire that [`NetworkSwitch`] cuts.
#[derive(Clone)]
pub(crate) struct Cable {
    cut: Arc<watch::Sender<bool>>,
}

impl Cable {
    pub(crate) fn new() -> Self {
        Self { cut: Arc::new(watch::Sender::new(false)) }
    }

    pub(crate) fn is_cut(&self) -> bool {
        *self.cut.borrow()
    }

    /// Whether that was a change.
    fn set(&self, cut: bool) -> bool {
        self.cut.send_if_modified(|now| std::mem::replace(now, cut) != cut)
    }

    /// Returns as soon as the wire is cut.
    pub(crate) async fn severed(&self) {
        // The sender lives as long as `self`, so the wait can't fail.
        let _ = self.cut.subscribe().wait_for(|cut| *cut).await;
    }
}
