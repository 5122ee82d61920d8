//! `/ws/invitations/?token=`: friends challenge each other on maps, as JSON over a plain WebSocket. Every invite rings
//! here, whichever dialect it was made in, and can be answered.

mod absence;
mod connection;
mod frames;
mod socket;
mod words;

use std::{borrow::Cow, sync::Arc};

use axum::{
    Router,
    extract::{
        RawQuery, State,
        ws::{WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    response::Response,
    routing::get,
};
use rallypoint_protocol::ErrorCode;

use super::ws;
use crate::{
    app::App,
    domain::{Answer, now},
};
use absence::Absences;
use connection::Registered;
use socket::Conversation;

/// The route. Both forms of the path are served alike, with a slash at the end and without.
pub fn routes(app: Arc<App>) -> Router {
    let absences = Absences::new(now());
    Router::new().route("/ws/invitations", get(upgrade)).with_state(Arc::new(Invitations { app, absences }))
}

struct Invitations {
    app: Arc<App>,
    absences: Absences,
}

async fn upgrade(
    State(invitations): State<Arc<Invitations>>,
    RawQuery(query): RawQuery,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match ws::limited(upgrade) {
        Ok(upgrade) => upgrade,
        Err(refusal) => return *refusal,
    };
    let token = ws::query_value(query.as_deref(), "token").map(Cow::into_owned);
    upgrade.on_upgrade(move |socket| {
        let work = invitations.app.work.clone();
        work.track_future(serve(invitations, socket, token))
    })
}

async fn serve(invitations: Arc<Invitations>, mut socket: WebSocket, token: Option<String>) {
    let end = match enter(&invitations, token).await {
        Ok(mut conversation) => conversation.run(&mut socket).await,
        // A browser can't see a refused upgrade; it can see how a socket is closed.
        Err(error) => Some(ws::farewell(error.code)),
    };
    if let Some(end) = end {
        if end == ws::TOO_SLOW {
            invitations.app.metrics.sent_away("too_slow").inc();
        }
        tracing::info!(reason = end.1, "invitation socket closed");
        ws::close(&mut socket, end).await;
    }
}

async fn enter(invitations: &Invitations, token: Option<String>) -> Answer<Conversation> {
    let app = &invitations.app;
    app.takes_new()?;
    let token = token.ok_or(ErrorCode::Unauthenticated)?;
    let caller = app.auth.authenticate(&token)?;
    app.rates.rest(caller.user)?;
    let user = app.users.get(caller.user).await?;
    let (registered, mailbox) = Registered::new(app, &user, caller)?;
    // Again, since the login may have ended in between.
    app.auth.authenticate(&token)?;
    tracing::info!(user_id = %user.id, "invitation socket connected");
    let (trail, absence) = invitations.absences.enter(user.id, caller.login, now());
    if let Some(absence) = absence {
        match app.invites.catch_up(user.id, &absence, &*registered.connection).await {
            Ok(()) => invitations.absences.made_up(user.id, caller.login),
            Err(error) => tracing::warn!(user_id = %user.id, %error, "what happened during an absence was not told"),
        }
    }
    if let Err(error) = app.invites.hand_over(user.id, &*registered.connection).await {
        // They ring when they are read; the client can be invited anew meanwhile.
        tracing::warn!(user_id = %user.id, %error, "waiting invites were not handed over");
    }
    Ok(Conversation::new(Arc::clone(app), user, registered, mailbox, trail))
}
