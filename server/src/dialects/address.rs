//! Which network address a call comes from, and how much of it may come from there.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{Extensions, HeaderMap},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use ipnet::IpNet;

use super::rest::Refusal;
use crate::app::App;

/// Takes one from the address's bucket for every request, whichever dialect it is for.
pub async fn limit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if let Some(address) = of(request.headers(), request.extensions(), &app.config.trusted_proxies)
        && let Err(error) = app.rates.address(address)
    {
        return Refusal::from(error).into_response();
    }
    next.run(request).await
}

/// Where a request comes from, as far as proxies can be believed.
pub(super) fn of(headers: &HeaderMap, extensions: &Extensions, trusted: &[IpNet]) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    if trusted.is_empty() {
        return Some(peer.ip().to_canonical());
    }
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let forwarded: Vec<_> = forwarded.flat_map(|value| value.split(',')).collect();
    Some(client_address(peer.ip(), &forwarded, trusted))
}

/// Where a call comes from: the last address in the chain that no trusted proxy has. What is written before it may be
/// anybody's invention.
fn client_address(peer: IpAddr, forwarded: &[&str], trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let mut client = peer.to_canonical();
    for entry in forwarded.iter().rev() {
        if !is_trusted(&client) {
            break;
        }
        match entry.trim().parse::<IpAddr>() {
            Ok(address) => client = address.to_canonical(),
            Err(_) => break,
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed_and_only_as_far_as_they_know() {
        let trusted: Vec<IpNet> = vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let from =
            |peer: &str, forwarded: &[&str]| client_address(peer.parse().unwrap(), forwarded, &trusted).to_string();
        assert_eq!(from("203.0.113.9", &["198.51.100.1"]), "203.0.113.9", "a client can write what it likes");
        assert_eq!(from("127.0.0.1", &["198.51.100.1", " 203.0.113.9"]), "203.0.113.9");
        assert_eq!(from("127.0.0.1", &["203.0.113.9", "10.1.2.3"]), "203.0.113.9", "a chain of proxies");
        assert_eq!(from("::ffff:127.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(from("127.0.0.1", &["nonsense"]), "127.0.0.1");
        assert_eq!(from("127.0.0.1", &[]), "127.0.0.1");
    }
}
