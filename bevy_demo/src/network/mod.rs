//! The network between this game and the server, as good or as bad as one wants to see it.
//!
//! All of the game's UDP goes through a relay inside the program, which can delay, lose and reorder packets; a cut
//! takes the SDK's connection along.

mod delay;
mod quality;
mod relay;

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use bevy::prelude::*;
use bevy_rallypoint::Rallypoint;
use tokio::sync::watch;

pub use quality::Quality;
pub use relay::Lane;
use relay::{Relay, Weather};

/// How long the plug stays out.
pub const UNPLUGGED: Duration = Duration::from_secs(10);

/// The way to the server, and what is done to it.
#[derive(Resource)]
pub struct Network {
    weather: watch::Sender<Weather>,
    relay: Relay,
    plug_in_at: Option<Instant>,
}

impl Network {
    /// # Errors
    /// The relay's thread could not be started.
    pub fn new(quality: Quality) -> io::Result<Self> {
        let (weather, seen) = watch::channel(Weather { quality, cut: false });
        Ok(Self { weather, relay: Relay::start(seen)?, plug_in_at: None })
    }

    /// A connection's way to its game server.
    pub fn open(&self, server: SocketAddr) -> Lane {
        self.relay.open(server)
    }

    pub fn quality(&self) -> Quality {
        self.weather.borrow().quality
    }

    /// From the next packet on.
    pub fn set_quality(&mut self, quality: Quality) {
        self.weather.send_modify(|weather| weather.quality = quality);
    }

    /// Pulls the plug, to be put back after [`UNPLUGGED`].
    pub fn unplug(&mut self, client: &Rallypoint) {
        client.network().cut();
        self.plug_in_at = Some(Instant::now() + UNPLUGGED);
    }

    /// Cuts or restores everything by hand.
    pub fn throw_switch(&mut self, client: &Rallypoint) {
        self.plug_in_at = None;
        let network = client.network();
        if network.is_cut() { network.restore() } else { network.cut() }
    }

    /// Until the plug is put back.
    pub fn unplugged_for(&self) -> Option<Duration> {
        self.plug_in_at.map(|at| at.saturating_duration_since(Instant::now()))
    }
}

pub struct NetworkPlugin;

impl Plugin for NetworkPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(First, keep_together);
    }
}

/// Puts the plug back in time, and cuts UDP wherever the SDK is cut.
fn keep_together(mut network: ResMut<Network>, client: Res<Rallypoint>) {
    if network.plug_in_at.is_some_and(|at| Instant::now() >= at) {
        network.plug_in_at = None;
        client.network().restore();
    }
    let cut = client.network().is_cut();
    network.bypass_change_detection().weather.send_if_modified(|weather| {
        let changed = weather.cut != cut;
        weather.cut = cut;
        changed
    });
}
