//! What a client asks: one event, one command, one answer, in the order of the events.

use std::{sync::Arc, time::Instant};

use futures_util::future::join;
use parking_lot::Mutex;
use rallypoint_protocol::{
    ApiError, ErrorCode, Timestamp, User,
    event::{ClientCommand, DecodeError},
    invite::{InviteSent, SendInvite},
};
use rallypoint_socketio::{Event, Events};

use super::{
    super::ws::guard::Guard,
    connection::{Registered, send_away},
    reply::{Reply, short},
};
use crate::{
    app::App,
    domain::{Answer, auth::Caller, now},
};

/// A connected client.
pub(super) struct Client {
    app: Arc<App>,
    user: Arc<User>,
    registered: Registered,
    started: Instant,
    guard: Mutex<Guard>,
}

impl Client {
    pub(super) fn new(app: &Arc<App>, user: Arc<User>, registered: Registered) -> Self {
        registered.handed_over();
        let guard = Mutex::new(Guard::new(None, app.config.limits.refusals_before_close, &app.metrics));
        Self { app: Arc::clone(app), user, registered, started: Instant::now(), guard }
    }

    /// Does what an event asks for, to its end. An acknowledge brings the event behind it along, the answer as a rule:
    /// both can be written at once, and nobody has to wait for the first before the second is looked at.
    pub(super) async fn handle(&self, event: Event, events: &mut Events) {
        let _under_way = self.app.work.token();
        let next = if event.name() == Some("invite:acknowledged") { events.try_next() } else { None };
        match next {
            None => self.answer(&event).await,
            Some(next) => {
                join(self.answer(&event), self.answer(&next)).await;
            }
        }
    }

    /// Returns when the client's login ends, unless it has: then the client is sent away.
    pub(super) async fn check_login(&self, caller: Caller) -> Option<Timestamp> {
        match self.app.auth.login_end(caller.login).await {
            Ok(Some(end)) if end > now() => Some(end),
            Ok(_) => {
                let reason = ApiError::new(ErrorCode::Unauthenticated, "Your sign-in has run out. Sign in again.");
                send_away(self.registered.connection().socket(), &reason);
                None
            }
            // Asked again soon: a database that is unavailable ends no login.
            Err(_) => Some(Timestamp(now().0 + 10_000)),
        }
    }

    async fn answer(&self, event: &Event) {
        let reply = Reply::new(self.registered.connection(), event);
        self.app.hub.touch(self.user.id, Some(self.registered.id()), now());
        if let Err(error) = self.app.rates.frame(self.user.id) {
            return self.refuse_and_count(reply, &error);
        }
        if event.is_oversized() {
            return reply.refuse(&ErrorCode::PayloadTooLarge.into());
        }
        let Some(name) = event.name() else {
            let message = "An event's name is a text. Send [\"name\", {…}].";
            return reply.answer("error", &ApiError::new(ErrorCode::BadRequest, message));
        };
        if !event.attachments().is_empty() {
            return reply.refuse(&ApiError::new(ErrorCode::BadRequest, "Send JSON without binary attachments."));
        }
        // Several arguments make a payload that is no JSON, and are refused as such.
        let payload = if event.arguments().is_empty() { "null" } else { event.arguments() };
        match ClientCommand::decode(name, payload) {
            Ok(command) => self.run(command, reply).await,
            Err(DecodeError::UnknownEvent(name)) => {
                let message = format!("No event is called {name}.");
                reply.answer("error", &ApiError::new(ErrorCode::BadRequest, message));
            }
            Err(error) => {
                let details = serde_json::json!({ "problem": error.to_string() });
                reply.refuse(&ApiError::from(ErrorCode::BadRequest).with_details(details));
            }
        }
    }

    async fn run(&self, command: ClientCommand, reply: Reply<'_>) {
        let (invites, id) = (&self.app.invites, self.registered.id());
        match command {
            ClientCommand::SendInvite(wish) => match self.send(wish.clone()).await {
                Ok(sent) => reply.answer("invite:send:success", &sent),
                Err(error) => self.refuse_and_count(reply, &echo(error, &wish)),
            },
            ClientCommand::AcknowledgeInvite(wish) => match invites.acknowledge(self.user.id, wish).await {
                Ok(ack) => reply.answer("invite:acknowledged:ack", &ack),
                Err(error) => reply.refuse(&error),
            },
            ClientCommand::RespondInvite(wish) => {
                let responded = invites.respond(&self.user, wish, Some(id)).await;
                reply.with("invite:respond:success", &responded.map(|responded| responded.answer));
            }
            ClientCommand::CancelInvite(wish) => {
                reply.with("invite:cancel:success", &invites.cancel(self.user.id, wish.invite_id, Some(id)).await);
            }
            ClientCommand::JoinQueue(wish) => {
                let joined = match self.app.takes_new() {
                    Ok(()) => self.app.matchmaking.join(&self.user, wish.options).await,
                    Err(error) => Err(error),
                };
                reply.with("match:join:success", &joined);
            }
            ClientCommand::LeaveQueue(_) => {
                reply.with("match:leave:success", &self.app.matchmaking.leave(&self.user).await);
            }
            other => {
                let message = format!("This server does not offer {}.", short(other.name()));
                reply.refuse(&ApiError::new(ErrorCode::BadRequest, message));
            }
        }
    }

    async fn send(&self, wish: SendInvite) -> Answer<InviteSent> {
        self.app.takes_new()?;
        self.app.invites.send(&self.user, wish).await
    }

    /// Sends a client away that goes on after it has been told to slow down.
    fn refuse_and_count(&self, reply: Reply<'_>, error: &ApiError) {
        reply.refuse(error);
        if error.code == ErrorCode::RateLimited && self.guard.lock().refused(self.started.elapsed()) {
            tracing::info!(user_id = %self.user.id, "socket closed after repeated refusals");
            send_away(self.registered.connection().socket(), error);
        }
    }
}

/// Names the refused invite in the details, since it has no id by which a client could.
fn echo(error: ApiError, wish: &SendInvite) -> ApiError {
    error.with_details(serde_json::json!({ "receiver_id": wish.receiver_id, "session_code": wish.session_code }))
}
