//! `/ws/game/{game_id}/?token=`: the game for browsers, as JSON over a WebSocket. The same rooms as over UDP.

mod connection;
mod frames;
mod socket;
#[cfg(test)]
mod tests;
mod words;

use std::{borrow::Cow, sync::Arc};

use axum::{
    Router,
    extract::{
        Path, RawQuery, State,
        ws::{WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    response::Response,
    routing::get,
};
use rallypoint_protocol::{ApiError, ErrorCode, GameId};

use super::ws::{self, guard::Guard, query_value};
use crate::{
    app::App,
    domain::Answer,
    game::{GameError, GameServer, Mailbox, Parting},
};
use connection::Registered;
use socket::Conversation;

/// What the handlers need.
#[derive(Clone)]
struct Lobby {
    app: Arc<App>,
    games: GameServer,
}

/// What a client asks for with the path and the query.
struct Wish {
    game_id: Option<GameId>,
    token: Option<String>,
    spectate: bool,
}

impl Wish {
    fn new(game_id: &str, query: Option<&str>) -> Self {
        Self {
            game_id: game_id.parse().ok(),
            token: query_value(query, "token").map(Cow::into_owned),
            spectate: query_value(query, "spectate").is_some_and(|value| matches!(&*value, "1" | "true")),
        }
    }
}

/// The route. Both forms of the path are served alike, with a slash at the end and without.
pub fn routes(app: Arc<App>, games: GameServer) -> Router {
    Router::new().route("/ws/game/{game_id}", get(upgrade)).with_state(Lobby { app, games })
}

async fn upgrade(
    State(lobby): State<Lobby>,
    Path(game_id): Path<String>,
    RawQuery(query): RawQuery,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match ws::limited(upgrade) {
        Ok(upgrade) => upgrade,
        Err(refusal) => return *refusal,
    };
    let wish = Wish::new(&game_id, query.as_deref());
    upgrade.on_upgrade(move |socket| {
        let work = lobby.app.work.clone();
        work.track_future(serve(lobby, socket, wish))
    })
}

async fn serve(lobby: Lobby, mut socket: WebSocket, wish: Wish) {
    let sent_away = lobby.app.metrics.sent_away("too_slow");
    let end = match lobby.enter(&wish).await {
        Ok(mut conversation) => conversation.run(&mut socket).await,
        // A browser can't see a refused upgrade; it can see how a socket is closed.
        Err(error) => Parting::Refused(error.code),
    };
    if matches!(end, Parting::TooSlow) {
        sent_away.inc();
    }
    ws::close(&mut socket, socket::farewell(end)).await;
}

impl Lobby {
    async fn enter(&self, wish: &Wish) -> Answer<Conversation> {
        let Self { app, games } = self;
        let token = wish.token.as_deref().ok_or(ErrorCode::Unauthenticated)?;
        let caller = app.auth.authenticate(token)?;
        app.rates.rest(caller.user)?;
        let user = app.users.get(caller.user).await?;
        let game_id = wish.game_id.ok_or(ErrorCode::NotFound)?;
        if wish.spectate {
            app.games.watch(game_id).await?;
        } else {
            app.games.enter(&user, game_id).await?;
        }
        let mailbox = Arc::new(Mailbox::default());
        let registered = Registered::new(app, &user, caller, &mailbox)?;
        // Again, since the login may have ended in between.
        app.auth.authenticate(token)?;
        let link = if wish.spectate {
            games.watch(game_id, user.id, Arc::clone(&mailbox))
        } else {
            games.attach(game_id, user.id, Arc::clone(&mailbox))
        };
        let link = link.map_err(|error| refused(&error))?;
        tracing::debug!(%game_id, user_id = %user.id, spectate = wish.spectate, "game socket connected");
        let limits = &app.config.limits;
        let rate = limits.rates_enabled.then_some(games.config().input_rate);
        let guard = Guard::new(rate, limits.refusals_before_close, &app.metrics);
        let silence = games.config().connection_timeout;
        Ok(Conversation::new(link, mailbox, registered, guard, wish.spectate, silence))
    }
}

fn refused(error: &GameError) -> ApiError {
    let code = match error {
        GameError::UnknownRoom => ErrorCode::NotFound,
        GameError::NotAPlayer => ErrorCode::Forbidden,
        GameError::ShuttingDown => ErrorCode::Unavailable,
        _ => ErrorCode::GameError,
    };
    code.into()
}
