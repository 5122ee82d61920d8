//! When to connect, when to poll instead, when to refresh the token.

/// How the client hears from the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LinkState {
    #[default]
    SignedOut,
    /// The first connection is on its way.
    Connecting,
    /// The socket is up.
    Live,
    /// The socket is down; polling works.
    Fallback,
    /// Neither works; both are tried again and again.
    Offline,
}
