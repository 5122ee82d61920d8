//! The handle that an application holds.

use std::{
    ops::Range,
    sync::{Arc, Weak},
    time::Duration,
};

use rallypoint_core::LinkState;
use rallypoint_protocol::{
    ErrorCode, User,
    auth::{GuestLogin, Login, RefreshTokens, Register, SignedIn},
};
use reqwest::{Method, Url};
use serde::Serialize;
use tokio::sync::oneshot;

use crate::{
    Error, Events, Friends, Invites, Matchmaking, NetworkSwitch, Presences, Sessions,
    driver::{self, Command, Shared},
    handoff,
    rest::SharedRest,
    thread::Background,
};

/// A connection to a Rallypoint server, as one player. Clones share it; when the last is dropped, the thread
/// behind it ends.
///
/// The async functions can be awaited on any executor, and a call goes on if its future is dropped.
#[derive(Clone)]
pub struct Client {
    handle: Arc<Handle>,
}

struct Handle {
    shared: Arc<Shared>,
    background: Background,
}

/// From [`Client::downgrade`].
pub(crate) struct WeakClient {
    handle: Weak<Handle>,
}

impl WeakClient {
    /// `None` once the client has been dropped or shut down.
    pub(crate) fn upgrade(&self) -> Option<Client> {
        let handle = self.handle.upgrade()?;
        (!handle.shared.is_closed()).then_some(Client { handle })
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.background.signal_stop();
    }
}

/// From [`Client::builder`].
#[derive(Clone, Debug)]
#[must_use = "call build"]
pub struct ClientBuilder {
    url: String,
    settings: Settings,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) poll_interval: Range<Duration>,
    pub(crate) request_timeout: Duration,
    pub(crate) reconnect_backoff: Range<Duration>,
}

impl ClientBuilder {
    /// How often to poll while the socket is down; each wait is drawn from the range. 5 to 10 s if not set.
    pub fn poll_interval(mut self, range: Range<Duration>) -> Self {
        self.settings.poll_interval = range;
        self
    }

    /// How long a request may take. 10 s if not set.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.settings.request_timeout = timeout;
        self
    }

    /// The first and the longest wait between connection attempts, which doubles in between and is drawn anew
    /// each time. 1 to 30 s if not set.
    pub fn reconnect_backoff(mut self, range: Range<Duration>) -> Self {
        self.settings.reconnect_backoff = range;
        self
    }

    /// Starts the background thread. Nothing is sent before sign-in.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an address that is not `http://` or `https://`, or a backward or empty range.
    pub fn build(self) -> Result<Client, Error> {
        let url = Url::parse(&self.url)
            .map_err(|error| Error::InvalidInput(format!("{:?} is no address: {error}", self.url)))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(Error::InvalidInput(format!("{:?} does not begin with http:// or https://", self.url)));
        }
        let Settings { poll_interval, request_timeout, reconnect_backoff } = &self.settings;
        for (name, range) in [("poll_interval", poll_interval), ("reconnect_backoff", reconnect_backoff)] {
            if range.start.is_zero() || range.start > range.end {
                return Err(Error::InvalidInput(format!("{name} needs a beginning above zero and an end after it")));
            }
        }
        if request_timeout.is_zero() {
            return Err(Error::InvalidInput("request_timeout can't be zero".into()));
        }
        let (shared, driver) = driver::prepare(url, self.settings)?;
        let background = Background::start("rallypoint", move |stopped| driver.run(stopped))
            .map_err(|error| Error::Network(format!("the background thread could not be started: {error}")))?;
        Ok(Client { handle: Arc::new(Handle { shared, background }) })
    }
}

impl Client {
    /// A client for the server at this address, such as `http://127.0.0.1:7777`.
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        let settings = Settings {
            poll_interval: Duration::from_secs(5)..Duration::from_secs(10),
            request_timeout: Duration::from_secs(10),
            reconnect_backoff: Duration::from_secs(1)..Duration::from_secs(30),
        };
        ClientBuilder { url: url.into(), settings }
    }

    /// Makes a user and signs in as it.
    ///
    /// # Errors
    /// `NAME_TAKEN`, `BAD_REQUEST` (a name or password out of bounds), `RATE_LIMITED`
    pub async fn register(&self, wish: Register) -> Result<User, Error> {
        self.sign_in("/auth/register", wish).await
    }

    /// # Errors
    /// `BAD_CREDENTIALS`, `RATE_LIMITED`
    pub async fn login(&self, username: &str, password: &str) -> Result<User, Error> {
        self.sign_in("/auth/login", Login { username: username.to_owned(), password: password.to_owned() }).await
    }

    /// Signs in as somebody new, without a password.
    ///
    /// # Errors
    /// `BAD_REQUEST`, `RATE_LIMITED`
    pub async fn guest(&self, display_name: Option<&str>) -> Result<User, Error> {
        self.sign_in("/auth/guest", GuestLogin { display_name: display_name.map(str::to_owned) }).await
    }

    /// Goes on with an earlier login by its [refresh token](Client::refresh_token), which is used up by it.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`, `TOKEN_EXPIRED`
    pub async fn resume(&self, refresh_token: &str) -> Result<User, Error> {
        self.sign_in("/auth/refresh", RefreshTokens { refresh_token: refresh_token.to_owned() }).await
    }

    /// Ends the login, here in any case.
    ///
    /// # Errors
    /// [`Error::Network`] and [`Error::Timeout`]: the server has not heard of it, so the tokens stay good until
    /// they expire.
    pub async fn logout(&self) -> Result<(), Error> {
        let shared = self.shared().clone();
        let work = async move {
            let epoch = shared.rest.tokens.epoch();
            if shared.rest.tokens.access().is_none() {
                return Ok(());
            }
            let told = shared.rest.post::<serde_json::Value>("/auth/logout", &serde_json::json!({})).await;
            shared.rest.tokens.end(epoch);
            let (done, ended) = oneshot::channel();
            shared.ask(Command::LoggedOut { epoch, done }).await?;
            let _ = ended.await;
            match told {
                Ok(_) | Err(Error::NotSignedIn) => Ok(()),
                Err(error) if error.code() == Some(ErrorCode::Unauthenticated) => Ok(()),
                Err(error) => Err(error),
            }
        };
        self.on_runtime(work).await
    }

    /// Who is signed in.
    pub fn user(&self) -> Option<User> {
        self.shared().rest.tokens.user()
    }

    /// For [`Client::resume`] at the next start. Changes with every refresh. Keep it as safe as a password.
    pub fn refresh_token(&self) -> Option<String> {
        self.shared().rest.tokens.refresh()
    }

    /// For requests of one's own to the same server.
    pub fn access_token(&self) -> Option<String> {
        self.shared().rest.tokens.access()
    }

    pub fn link_state(&self) -> LinkState {
        self.shared().link_state()
    }

    /// Users whose name begins with `search`.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn find_users(&self, search: &str) -> Result<Vec<User>, Error> {
        let search = search.to_owned();
        self.with_rest(move |rest| async move {
            rest.call(Method::GET, "/users/", &[("search", &search)], None::<&()>).await
        })
        .await
    }

    pub fn sessions(&self) -> Sessions {
        Sessions { client: self.clone() }
    }

    pub fn invites(&self) -> Invites {
        Invites { client: self.clone() }
    }

    pub fn friends(&self) -> Friends {
        Friends { client: self.clone() }
    }

    pub fn presence(&self) -> Presences {
        Presences { client: self.clone() }
    }

    pub fn matchmaking(&self) -> Matchmaking {
        Matchmaking { client: self.clone() }
    }

    /// A new reader of what happens from now on. Holds up to 1024 unread events.
    pub fn events(&self) -> Events {
        self.shared().publisher.subscribe()
    }

    /// Takes `rallypoint://join/CODE`. Until somebody is signed in it is kept, then
    /// [`Event::JoinRequested`](crate::Event::JoinRequested) tells of it.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for any other text.
    pub fn open_link(&self, uri: &str) -> Result<(), Error> {
        let code = handoff::parse_link(uri)
            .ok_or_else(|| Error::InvalidInput("a link looks like rallypoint://join/K7QX2M".into()))?;
        if self.shared().tell(Command::OpenLink { code }) { Ok(()) } else { Err(Error::Closed) }
    }

    /// Cuts this client off the network, to try out what happens.
    pub fn network(&self) -> NetworkSwitch {
        NetworkSwitch { shared: self.shared().clone() }
    }

    /// Runs a future on the client's background thread. It must not block. It ends with the client.
    pub fn spawn<F>(&self, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.handle.background.runtime.spawn(future);
    }

    /// Ends the background thread and waits for it, at most for `timeout`; true if it has ended. Every clone is
    /// shut down with it: their calls fail with [`Error::Closed`]. May be called more than once.
    pub fn shutdown(&self, timeout: Duration) -> bool {
        self.handle.background.stop(timeout)
    }

    async fn sign_in<B>(&self, path: &'static str, body: B) -> Result<User, Error>
    where
        B: Serialize + Send + Sync + 'static,
    {
        let shared = self.shared().clone();
        let work = async move {
            let signed_in: SignedIn = shared.rest.public(path, &body).await?;
            let epoch = shared.rest.tokens.begin(&signed_in);
            let (done, begun) = oneshot::channel();
            let command =
                Command::SignedIn { epoch, user: signed_in.user.clone(), expires_in: signed_in.expires_in, done };
            shared.ask(command).await?;
            begun.await.map_err(|_| Error::Closed)?;
            Ok(signed_in.user)
        };
        self.on_runtime(work).await
    }

    /// A handle that does not keep the client alive.
    pub(crate) fn downgrade(&self) -> WeakClient {
        WeakClient { handle: Arc::downgrade(&self.handle) }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.handle.shared
    }

    pub(crate) async fn with_rest<T, F, Fut>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(SharedRest) -> Fut,
        Fut: Future<Output = Result<T, Error>> + Send + 'static,
    {
        self.on_runtime(work(self.shared().rest.clone())).await
    }

    /// Runs a call where there is a reactor, whatever executor its caller has.
    pub(crate) async fn on_runtime<T, Fut>(&self, work: Fut) -> Result<T, Error>
    where
        T: Send + 'static,
        Fut: Future<Output = Result<T, Error>> + Send + 'static,
    {
        self.handle.background.runtime.spawn(work).await.unwrap_or(Err(Error::Closed))
    }
}
