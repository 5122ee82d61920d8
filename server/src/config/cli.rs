//! The command line, and the file that it may name.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use rallypoint_protocol::GameId;
use serde::Deserialize;

use super::{Config, ConfigError, Limits};

/// Rallypoint's reference server: sign-in, sessions, invites, presence and authoritative games.
///
/// Started with no option it serves http://127.0.0.1:7777, games on UDP 7778, and keeps everything in
/// rallypoint.db in the working directory.
#[derive(Clone, Debug, Default, Parser)]
#[command(name = "rallypoint-server", version, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub task: Option<Task>,
    /// Where to serve HTTP, WebSocket and Socket.IO [default: 127.0.0.1:7777]
    #[arg(long, value_name = "IP:PORT", env = "RALLYPOINT_LISTEN")]
    listen: Option<SocketAddr>,
    /// Where to serve games over UDP [default: 127.0.0.1:7778]
    #[arg(long, value_name = "IP:PORT", env = "RALLYPOINT_GAME_LISTEN")]
    game_listen: Option<SocketAddr>,
    /// The game address that clients are told, when a router or proxy stands before it
    #[arg(long, value_name = "IP:PORT", env = "RALLYPOINT_GAME_PUBLIC_ADDR")]
    game_public_addr: Option<SocketAddr>,
    /// Proxies whose X-Forwarded-For is believed, such as 127.0.0.1/32,10.0.0.0/8 [default: none]
    #[arg(long, value_name = "NET,…", value_delimiter = ',', env = "RALLYPOINT_TRUSTED_PROXIES")]
    trusted_proxies: Option<Vec<IpNet>>,
    /// sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME [default: sqlite://rallypoint.db]
    #[arg(long, value_name = "URL", env = "RALLYPOINT_DATABASE", hide_env_values = true, global = true)]
    database: Option<String>,
    /// What tokens are signed with, 16 bytes or more [default: random, kept in DATABASE.secret]
    #[arg(long, value_name = "SECRET", env = "RALLYPOINT_JWT_SECRET", hide_env_values = true)]
    jwt_secret: Option<String>,
    /// A TOML file with any of these settings and a [limits] table
    #[arg(long, value_name = "FILE", env = "RALLYPOINT_CONFIG", global = true)]
    config: Option<PathBuf>,
    /// `off` lifts the rate limits for a load test; only on a loopback address
    #[arg(long, value_name = "on|off", env = "RALLYPOINT_LIMITS")]
    limits: Option<Switch>,
    /// Write {"http": …, "game": …} to this file once the server listens
    #[arg(long, value_name = "FILE", env = "RALLYPOINT_READY_FILE")]
    ready_file: Option<PathBuf>,
    /// How to write the log to stderr
    #[arg(long, value_name = "text|json", default_value = "text", env = "RALLYPOINT_LOG_FORMAT")]
    pub log_format: LogFormat,
    /// What to log, such as `info` or `rallypoint_server=debug`
    #[arg(long, value_name = "FILTER", default_value = "info", env = "RALLYPOINT_LOG")]
    pub log: String,
}

/// What to do instead of serving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum Task {
    /// Play a finished match of the queue again from its record, and compare the result with the recorded one
    Replay {
        /// As `match:found` and the log name it
        game_id: GameId,
    },
}

const EXAMPLES: &str = "\
Examples:
  rallypoint-server
      for a first try, on this machine alone
  rallypoint-server --listen 0.0.0.0:7777 --game-listen 0.0.0.0:7778 --game-public-addr 203.0.113.7:7778
      for players elsewhere; put a proxy with TLS before the first port
  rallypoint-server --database postgres://rally:secret@db/rally --jwt-secret \"$SECRET\"
      with Postgres
  rallypoint-server replay b4f1149a-30d1-45ab-9d1b-225671a3f4ab
      plays a finished match again and checks its result

Every option can be set by the environment variable named beside it. A flag wins over the environment, the
environment over the file, the file over the default. SIGTERM drains: running games get 15 seconds.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    On,
    Off,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    listen: Option<SocketAddr>,
    game_listen: Option<SocketAddr>,
    game_public_addr: Option<SocketAddr>,
    trusted_proxies: Option<Vec<IpNet>>,
    database: Option<String>,
    jwt_secret: Option<String>,
    ready_file: Option<PathBuf>,
    maps: Option<Vec<String>>,
    limits: Limits,
}

impl Cli {
    /// Puts flags, environment, file and defaults together.
    ///
    /// # Errors
    /// A file that can't be read or understood, or settings that [`Config::validate`] refuses.
    pub fn into_config(self) -> Result<Config, ConfigError> {
        let file = self.config.map(read).transpose()?.unwrap_or_default();
        let defaults = Config::default();
        let mut limits = Limits { rates_enabled: true, ..file.limits };
        if self.limits == Some(Switch::Off) {
            limits.rates_enabled = false;
        }
        let config = Config {
            listen: self.listen.or(file.listen).unwrap_or(defaults.listen),
            game_listen: self.game_listen.or(file.game_listen).unwrap_or(defaults.game_listen),
            game_public_addr: self.game_public_addr.or(file.game_public_addr),
            trusted_proxies: self.trusted_proxies.or(file.trusted_proxies).unwrap_or_default(),
            database: self.database.or(file.database).unwrap_or(defaults.database),
            jwt_secret: self.jwt_secret.or(file.jwt_secret),
            ready_file: self.ready_file.or(file.ready_file),
            drain: defaults.drain,
            maps: file.maps.unwrap_or(defaults.maps),
            limits,
            games: defaults.games,
        };
        config.validate()?;
        Ok(config)
    }
}

fn read(path: PathBuf) -> Result<File, ConfigError> {
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(ConfigError::Unreadable { path, source }),
    };
    toml::from_str(&text).map_err(|source| ConfigError::Malformed { path, source: Box::new(source) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Config, ConfigError> {
        Cli::parse_from([&["rallypoint-server"], arguments].concat()).into_config()
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rally.toml");
        std::fs::write(
            &path,
            "listen = \"127.0.0.1:1\"\ngame_listen = \"127.0.0.1:2\"\n[limits]\nsession_invite_seconds = 3\n\
             rest = { per_second = 5.0, burst = 7 }\n",
        )
        .unwrap();
        let config = parse(&["--config", path.to_str().unwrap(), "--listen", "127.0.0.1:9"]).unwrap();
        assert_eq!(config.listen.port(), 9);
        assert_eq!(config.game_listen.port(), 2);
        assert_eq!(config.limits.session_invite_seconds, 3);
        assert_eq!(config.limits.rest, super::super::Rate { per_second: 5.0, burst: 7 });
        assert_eq!(config.limits.pending_session_invites, 32);
    }

    #[test]
    fn a_misspelled_setting_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rally.toml");
        std::fs::write(&path, "lisen = \"127.0.0.1:1\"\n").unwrap();
        let error = parse(&["--config", path.to_str().unwrap()]).unwrap_err();
        assert!(error.to_string().contains("lisen"), "{error}");
    }
}
