//! The task that owns the state machines.

mod shared;

use std::sync::Arc;

use rallypoint_core::LinkState;
use tokio::sync::{mpsc, watch};

pub(crate) use shared::{Command, Message, RequestFailure, Shared};

use crate::{Error, Event, client::Settings};

pub(crate) struct Driver {
    shared: Arc<Shared>,
    messages: mpsc::Receiver<Message>,
}

pub(crate) fn prepare(url: reqwest::Url, settings: Settings) -> Result<(Arc<Shared>, Driver), Error> {
    let (shared, messages) = Shared::new(url, &settings)?;
    Ok((shared.clone(), Driver { shared, messages }))
}

impl Driver {
    pub(crate) async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => break,
                message = self.messages.recv() => match message {
                    Some(message) => self.handle(message.command),
                    None => break,
                },
            }
        }
        self.shared.publisher.close();
    }

    fn handle(&mut self, command: Command) {
        if let Command::SignedIn { done, .. } = command {
            self.shared.publisher.publish(Event::LinkChanged { state: LinkState::Connecting, error: None });
            let _ = done.send(());
        }
    }
}
