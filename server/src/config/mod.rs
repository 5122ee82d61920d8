//! Settings: flag over environment over file over default. With nothing configured the server works.

mod cli;
mod limits;
mod secret;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;

pub use cli::{Cli, LogFormat, Task};
pub use limits::{Limits, Rate};

use crate::game::GameConfig;

/// Everything that an operator may decide.
#[derive(Clone, Debug)]
pub struct Config {
    /// HTTP, WebSocket and Socket.IO. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// UDP, for games.
    pub game_listen: SocketAddr,
    /// Where clients reach the game listener, if not at `game_listen`.
    pub game_public_addr: Option<SocketAddr>,
    /// Proxies whose word about a client's address is taken. Nobody's if empty.
    pub trusted_proxies: Vec<IpNet>,
    /// `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/NAME`.
    pub database: String,
    /// What tokens are signed with; `None`: a random one, kept in a file beside the SQLite database.
    pub jwt_secret: Option<String>,
    /// Where the listening addresses are written as JSON, once they are.
    pub ready_file: Option<PathBuf>,
    /// How long running games may go on after a stop has been asked for.
    pub drain: Duration,
    /// What friends can be challenged on.
    pub maps: Vec<String>,
    pub limits: Limits,
    /// How games are hosted, but for where.
    pub games: GameConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7777)),
            game_listen: SocketAddr::from(([127, 0, 0, 1], 7778)),
            game_public_addr: None,
            trusted_proxies: Vec::new(),
            database: "sqlite://rallypoint.db".into(),
            jwt_secret: None,
            ready_file: None,
            drain: Duration::from_secs(15),
            maps: ["classic", "arena", "retro"].map(str::to_owned).to_vec(),
            limits: Limits::default(),
            games: GameConfig::default(),
        }
    }
}

/// A setting that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("can't read {path}: {source}", path = path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{path}: {source}", path = path.display())]
    Malformed { path: PathBuf, source: Box<toml::de::Error> },
    #[error("`--limits off` is for load tests and refused on {0}, which others can reach; listen on 127.0.0.1")]
    LimitsOffInPublic(SocketAddr),
    #[error("limits.{0} lets {per_second} a second and {burst} at once through, which is no rate; \
             --limits off is how to have none", per_second = .1.per_second, burst = .1.burst)]
    UnsoundRate(&'static str, Rate),
    #[error("the JWT secret is shorter than 16 bytes; `openssl rand -hex 32` makes a good one")]
    WeakSecret,
    #[error("with Postgres, name the secret: --jwt-secret, or RALLYPOINT_JWT_SECRET")]
    NoSecret,
}

impl Config {
    /// # Errors
    /// A combination that is refused for the operator's sake.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if !self.limits.rates_enabled && !self.listen.ip().is_loopback() {
            return Err(ConfigError::LimitsOffInPublic(self.listen));
        }
        if let Some((name, rate)) = self.limits.rates().into_iter().find(|(_, rate)| !rate.is_sound()) {
            return Err(ConfigError::UnsoundRate(name, rate));
        }
        match &self.jwt_secret {
            Some(secret) if secret.len() < 16 => Err(ConfigError::WeakSecret),
            _ => Ok(()),
        }
    }

    /// The bytes that tokens are signed with: as configured, else from the file beside the database, which is
    /// made with mode 0600 when it does not exist.
    ///
    /// # Errors
    /// No secret is configured and there is no place to keep one, or the file can't be read or written.
    pub fn secret(&self) -> Result<Vec<u8>, ConfigError> {
        match &self.jwt_secret {
            Some(secret) => Ok(secret.clone().into_bytes()),
            None => secret::beside(&self.database),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_off_is_refused_where_others_can_reach() {
        let mut config = Config::default();
        config.limits.rates_enabled = false;
        assert!(config.validate().is_ok());
        config.listen = SocketAddr::from(([0, 0, 0, 0], 7777));
        assert!(matches!(config.validate(), Err(ConfigError::LimitsOffInPublic(_))));
    }

    #[test]
    fn a_rate_that_would_let_nobody_or_everybody_through_is_refused() {
        for (per_second, burst) in [(0.0, 10), (-1.0, 10), (f64::NAN, 10), (f64::INFINITY, 10), (1.0, 0), (1e12, 10)] {
            let mut config = Config::default();
            config.limits.frames = Rate { per_second, burst };
            let refused = config.validate();
            assert!(matches!(refused, Err(ConfigError::UnsoundRate("frames", _))), "{per_second} {burst}: {refused:?}");
        }
    }

    #[test]
    fn a_random_secret_is_kept_and_only_the_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}", folder.path().join("game.db").display());
        let config = Config { database, ..Config::default() };
        let secret = config.secret().unwrap();
        assert!(secret.len() >= 32);
        assert_eq!(config.secret().unwrap(), secret, "the second start signs with the same secret");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(folder.path().join("game.db.secret")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let shared = Config { database: "postgres://localhost/game".into(), ..Config::default() };
        assert!(matches!(shared.secret(), Err(ConfigError::NoSecret)));
    }
}
