//! Doing what the state machines want done.

use std::{sync::Arc, time::Instant};

use rallypoint_core::{
    LinkState, SentInviteUpdate,
    link::{self, Generation},
    queue::{self, AnswerError, Route},
    roster, standing,
};
use rallypoint_protocol::{
    ErrorCode, InviteId,
    event::ClientCommand,
    invite::{
        AcknowledgeInvite, InviteAcknowledgedAck, InviteAnswer, InviteResponded, PendingInvites, RespondInvite,
        SentInvites,
    },
    matchmaking::QueueState,
};

use super::{Command, Driver, Lists, Login, Message, shared::Shared};
use crate::{Error, Event, socket::Connection};

impl Driver {
    /// Does everything that the machines want, until they want nothing more.
    pub(super) fn settle(&mut self) {
        loop {
            if let Some(output) = self.link.poll_output() {
                self.do_for_link(output);
            } else if let Some(output) = self.standing.poll_output() {
                self.do_for_standing(output);
            } else if !self.do_for_roster() && !self.do_for_queue() {
                return;
            }
        }
    }

    pub(super) fn publish(&self, event: Event) {
        self.shared.publisher.publish(event);
    }

    pub(super) fn publish_sent(&self, news: impl IntoIterator<Item = SentInviteUpdate>) {
        for update in news {
            tracing::info!(invite_id = %update.invite_id, progress = ?update.progress, "own invite");
            self.publish(Event::SentInviteChanged(update));
        }
    }

    fn do_for_link(&mut self, output: link::Output) {
        let now = Instant::now();
        match output {
            link::Output::Open(generation) => self.open(now, generation),
            link::Output::Close(generation) => self.close(now, generation),
            link::Output::Fetch => self.fetch(),
            link::Output::Refresh => self.refresh(),
            link::Output::State { state, error } => {
                tracing::info!(?state, "link");
                let route = if state == LinkState::Live { Route::Socket } else { Route::Rest };
                self.queue.handle_input(now, queue::Input::Route(route));
                self.standing.handle_input(now, standing::Input::Live(state == LinkState::Live));
                self.roster.handle_input(now, roster::Input::Link(state));
                self.status_reaches(state);
                self.shared.show_link(state);
                self.publish(Event::LinkChanged { state, error });
            }
            link::Output::SignedOut(error) => {
                self.forget_login(now);
                self.publish(Event::SignedOut { error });
            }
        }
    }

    fn open(&mut self, now: Instant, generation: Generation) {
        let Some(token) = self.shared.rest.tokens.access() else {
            self.link.handle_input(now, link::Input::SocketDown(generation));
            return;
        };
        let (url, report) = (self.socket_url.clone(), self.report.clone());
        match Connection::open(generation, url, token, self.connect_timeout, report) {
            Ok(connection) => self.connection = Some(connection),
            Err(error) => {
                tracing::error!(%error, "no thread could be started for the socket");
                self.link.handle_input(now, link::Input::SocketDown(generation));
            }
        }
    }

    fn close(&mut self, now: Instant, generation: Generation) {
        if let Some(connection) = self.connection.take_if(|connection| connection.generation == generation) {
            self.retired.retain(|thread| !thread.is_finished());
            self.retired.push(connection.close());
        }
        self.requests.lose_all();
        self.queue.handle_input(now, queue::Input::Route(Route::Rest));
    }

    fn fetch(&mut self) {
        let Some(login) = self.login else { return };
        let with_sent = !login.knows_sent || self.sent.is_waiting();
        self.work(login, |shared| async move {
            let began = Instant::now();
            let result = fetch_lists(&shared, login, with_sent).await;
            Command::Synced { began, result }
        });
    }

    fn refresh(&mut self) {
        let Some(login) = self.login else { return };
        let shared = self.shared.clone();
        tokio::spawn(async move {
            if let Some(stale) = shared.rest.tokens.access() {
                // The outcome is told by the refresh itself, whoever asked for it.
                let _ = shared.rest.refresh(login.epoch, &stale).await;
            }
        });
    }

    fn do_for_standing(&mut self, output: standing::Output) {
        match output {
            standing::Output::Ask => {
                let Some(login) = self.login else { return };
                self.work(login, |shared| async move {
                    let began = Instant::now();
                    Command::QueueSeen { began, result: shared.rest.get("/game/status").await }
                });
            }
            standing::Output::Changed(state) => {
                tracing::info!(?state, "matchmaking");
                self.shared.show_queue_state(state.clone());
                self.publish(Event::QueueChanged(state));
            }
        }
    }

    pub(super) fn queue_seen(&mut self, now: Instant, began: Instant, result: Result<QueueState, Error>) {
        let input = match result {
            Ok(state) => standing::Input::Answered { began, state },
            // A server without matchmaking.
            Err(error) if error.code() == Some(ErrorCode::NotFound) => {
                standing::Input::Answered { began, state: QueueState::Idle }
            }
            Err(error) => {
                tracing::debug!(%error, "the place in the queue could not be asked about");
                standing::Input::Failed
            }
        };
        self.standing.handle_input(now, input);
    }

    /// Whether the queue wanted anything.
    fn do_for_queue(&mut self) -> bool {
        let mut outputs = Vec::new();
        while let Some(output) = self.queue.poll_output() {
            outputs.push(output);
        }
        if outputs.is_empty() {
            return false;
        }
        // Who reads of a change finds it in the list.
        self.shared.show_invites(self.queue.entries().cloned().collect());
        for output in outputs {
            match output {
                queue::Output::Added(entry) => {
                    tracing::info!(invite_id = %entry.id(), "an invite rings");
                    self.publish(Event::InviteAdded(entry));
                }
                queue::Output::Changed(entry) => self.publish(Event::InviteChanged(entry)),
                queue::Output::Removed { entry, reason } => {
                    tracing::info!(invite_id = %entry.id(), ?reason, "an invite has ended");
                    self.publish(Event::InviteRemoved { entry, reason });
                }
                queue::Output::Acknowledge { id, route } => self.acknowledge(id, route),
                queue::Output::Respond { id, answer, route } => self.respond(id, answer, route),
                queue::Output::Answered { id, answer, result } => self.reply(id, answer, result),
                queue::Output::Check => self.link.handle_input(Instant::now(), link::Input::Check),
            }
        }
        true
    }

    fn acknowledge(&mut self, id: InviteId, route: Route) {
        tracing::debug!(invite_id = %id, ?route, "acknowledging");
        let wish = AcknowledgeInvite { invite_id: id };
        if route == Route::Socket {
            self.emit(ClientCommand::AcknowledgeInvite(wish));
        } else if let Some(login) = self.login {
            self.work(login, |shared| async move {
                let result = shared.rest.post::<InviteAcknowledgedAck>("/invite/acknowledge", &wish).await;
                Command::Acknowledged { id, result: result.map(drop) }
            });
        }
    }

    fn respond(&mut self, id: InviteId, answer: InviteAnswer, route: Route) {
        tracing::info!(invite_id = %id, ?answer, ?route, "answering");
        let wish = RespondInvite { invite_id: id, response: answer };
        if route == Route::Socket {
            self.emit(ClientCommand::RespondInvite(wish));
        } else if let Some(login) = self.login {
            self.work(login, |shared| async move {
                let result = shared.rest.post::<InviteResponded>("/invite/respond", &wish).await;
                Command::Answered { id, result }
            });
        }
    }

    fn reply(&mut self, id: InviteId, answer: InviteAnswer, result: Result<InviteResponded, AnswerError>) {
        let result = result.map_err(|error| match error {
            AnswerError::Api(error) => Error::Api(error),
            AnswerError::Timeout => Error::Timeout,
            AnswerError::SignedOut => Error::NotSignedIn,
        });
        for waiter in self.waiters.extract_if(.., |waiter| waiter.id == id && waiter.answer == answer) {
            // Whoever has stopped waiting does not mind.
            let _ = waiter.reply.send(result.clone());
        }
    }

    /// Sends over the socket. What can't be sent is repeated by the queue when its time is over.
    fn emit(&self, command: ClientCommand) {
        if let Some(connection) = &self.connection {
            connection.send(command);
        }
    }

    /// Runs a request beside the driver, and brings its outcome back to it.
    pub(super) fn work<F, Fut>(&self, login: Login, request: F)
    where
        F: FnOnce(Arc<Shared>) -> Fut,
        Fut: Future<Output = Command> + Send + 'static,
    {
        let outcome = request(self.shared.clone());
        let commands = self.shared.commands();
        tokio::spawn(async move {
            let command = outcome.await;
            // A driver that is gone needs no news.
            let _ = commands.send(Message { epoch: Some(login.epoch), command }).await;
        });
    }

    pub(super) fn answered(&mut self, now: Instant, id: InviteId, result: Result<InviteResponded, Error>) {
        let input = match result {
            Ok(responded) => queue::Input::Responded(responded),
            Err(Error::Api(error)) => queue::Input::Refused { id, error },
            Err(error) => {
                tracing::info!(invite_id = %id, %error, "the answer is repeated");
                queue::Input::AnswerLost(id)
            }
        };
        self.queue.handle_input(now, input);
    }

    pub(super) fn acknowledged(&mut self, now: Instant, id: InviteId, result: Result<(), Error>) {
        let input = match result {
            Err(error) if error.is_retryable() => queue::Input::AcknowledgeLost(id),
            // What is refused for good is settled as well.
            _ => queue::Input::Acknowledged(id),
        };
        self.queue.handle_input(now, input);
    }

    pub(super) fn synced(&mut self, now: Instant, began: Instant, result: Result<Lists, Error>) {
        let reached = match &result {
            Ok(_) => true,
            Err(error) => error.code().is_some_and(|code| code != ErrorCode::Unavailable),
        };
        match result {
            Ok(Lists { received, sent }) => {
                self.queue.handle_input(now, queue::Input::Synced { began, invites: received });
                if let Some(sent) = sent {
                    let news = self.sent.sync(began, &sent);
                    self.publish_sent(news);
                    if let Some(login) = &mut self.login {
                        login.knows_sent = true;
                    }
                }
            }
            Err(error) => tracing::info!(%error, "the invites could not be fetched"),
        }
        self.link.handle_input(now, link::Input::Fetched { reached });
    }
}

async fn fetch_lists(shared: &Shared, login: Login, with_sent: bool) -> Result<Lists, Error> {
    let pending: PendingInvites = shared.rest.get(&format!("/invite/check/{}", login.user_id)).await?;
    let sent = if with_sent { Some(shared.rest.get::<SentInvites>("/invite/sent").await?.invites) } else { None };
    Ok(Lists { received: pending.invites, sent })
}
