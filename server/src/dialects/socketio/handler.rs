//! Who may connect, and the life of a connected client.

use std::{pin::pin, sync::Arc, time::Duration};

use rallypoint_protocol::{ApiError, ErrorCode, Timestamp, User};
use rallypoint_socketio::{Connect, Events, Handler, Parts, Refusal, Rejection};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::{
    super::ws,
    client::Client,
    connection::{Registered, send_away},
    ending, rejection,
};
use crate::{
    app::App,
    domain::{Answer, auth::Caller, now},
};

pub(super) struct Dialect(Arc<App>);

/// What is kept of the request that began a session.
pub(super) struct Peer {
    /// `?token=…`, for clients that can't set `auth`.
    token: Option<Box<str>>,
}

/// What a client sends with its CONNECT packet.
#[derive(Default, Deserialize)]
struct Auth {
    token: Option<String>,
}

/// Who is signed in, and with what.
struct SignedIn {
    caller: Caller,
    user: Arc<User>,
    token: String,
}

impl Dialect {
    pub(super) fn new(app: Arc<App>) -> Self {
        Self(app)
    }

    /// Who wants to connect, if it may.
    async fn sign_in(&self, connect: &Connect<Peer>) -> Answer<SignedIn> {
        self.0.takes_new()?;
        // Something that is no token is as good as none.
        let auth = connect.read_auth::<Auth>().unwrap_or_default();
        let token = auth.token.or_else(|| connect.peer().token.as_deref().map(str::to_owned));
        let token = token.ok_or(ErrorCode::Unauthenticated)?;
        let caller = self.0.auth.authenticate(&token)?;
        self.0.rates.rest(caller.user)?;
        Ok(SignedIn { caller, user: self.0.users.get(caller.user).await?, token })
    }

    /// Connects the client and makes it known to the hub: from the moment it hears of it, it may be invited.
    fn accept(&self, connect: Connect<Peer>, signed_in: &SignedIn) -> Option<(Registered, Events)> {
        let app = &self.0;
        let SignedIn { caller, user, token } = signed_in;
        let registered = match Registered::new(app, user, *caller, &connect) {
            Ok(registered) => registered,
            Err(error) => {
                refuse(connect, error);
                return None;
            }
        };
        let (socket, events) = connect.accept();
        // Again, since the login may have ended in between.
        if let Err(error) = app.auth.authenticate(token) {
            send_away(&socket, &error);
            return None;
        }
        Some((registered, events))
    }
}

impl Handler for Dialect {
    type Peer = Peer;

    fn admit(&self, request: &Parts) -> Result<Peer, Rejection> {
        self.0.takes_new().map_err(|error| rejection(&error))?;
        let token = ws::query_value(request.uri.query(), "token").map(|token| token.into_owned().into());
        Ok(Peer { token })
    }

    async fn serve(&self, connect: Connect<Peer>) {
        let signed_in = match Box::pin(self.sign_in(&connect)).await {
            Ok(signed_in) => signed_in,
            Err(error) => return refuse(connect, error),
        };
        let Some((registered, mut events)) = self.accept(connect, &signed_in) else { return };
        let SignedIn { caller, user, token } = signed_in;
        drop(token);
        Box::pin(hand_over(&self.0, &user, &registered)).await;

        let client = Client::new(&self.0, user, registered);
        let mut login_end = pin!(sleep(until(self.0.auth.login_ends_after(caller))));
        loop {
            let event = tokio::select! {
                biased;
                event = events.next() => event,
                () = login_end.as_mut() => {
                    match Box::pin(client.check_login(caller)).await {
                        Some(end) => login_end.as_mut().reset(Instant::now() + until(end)),
                        None => return,
                    }
                    continue;
                }
            };
            let Some(event) = event else { return };
            Box::pin(client.handle(event, &mut events)).await;
        }
    }
}

/// How long it is until then, and a moment.
fn until(end: Timestamp) -> Duration {
    Duration::from_millis(end.0.saturating_sub(now().0).max(0).cast_unsigned() + 1)
}

/// Refuses for good, or for now if that is what the error says: then a stock client tries again by itself.
fn refuse(connect: Connect<Peer>, error: ApiError) {
    match error.code {
        ErrorCode::Unavailable | ErrorCode::RateLimited => connect.reject(ending(&error)),
        code => {
            let message = format!("{code}: {}", error.message);
            let mut data = serde_json::to_value(&error).unwrap_or_default();
            if let Some(fields) = data.as_object_mut() {
                fields.remove("status");
            }
            connect.refuse(Refusal { message, data: Some(data) });
        }
    }
}

/// Rings again for the invites that wait.
async fn hand_over(app: &App, user: &User, registered: &Registered) {
    if let Err(error) = app.invites.hand_over(user.id, registered.connection()).await {
        tracing::warn!(user_id = %user.id, %error, "could not hand over waiting invites");
    }
}
