//! The game's UDP on a thread of its own, where a bad network can be played to it.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::pin,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio::{
    net::UdpSocket,
    sync::{mpsc, watch},
    task::JoinSet,
    time,
};

use super::{delay::DelayLine, quality::Quality};

/// Largest packet of the game's transport, with room to spare.
const LARGEST: usize = 2048;
/// How long a lane that was hung up may take to send what is under way.
const FAREWELL: Duration = Duration::from_millis(400);
const SEED: u64 = 7;

/// What the relay does to packets, from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    pub quality: Quality,
    /// Nothing goes through.
    pub cut: bool,
}

/// One connection's packets. Dropping it ends the connection's task.
pub struct Lane {
    up: mpsc::UnboundedSender<Vec<u8>>,
    down: mpsc::UnboundedReceiver<Vec<u8>>,
}

impl Lane {
    pub fn send(&self, packet: &[u8]) {
        // The relay is gone only when the program ends.
        let _ = self.up.send(packet.to_vec());
    }

    /// The next packet from the server, if one has arrived.
    pub fn receive(&mut self) -> Option<Vec<u8>> {
        self.down.try_recv().ok()
    }
}

struct Order {
    server: SocketAddr,
    up: mpsc::UnboundedReceiver<Vec<u8>>,
    down: mpsc::UnboundedSender<Vec<u8>>,
}

/// The thread. Dropping it waits for the last packets, not for long.
pub struct Relay {
    orders: Option<mpsc::UnboundedSender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// # Errors
    /// There is no thread to be had.
    pub fn start(weather: watch::Receiver<Weather>) -> io::Result<Self> {
        let (orders, taken) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread =
            thread::Builder::new().name("game-relay".into()).spawn(move || runtime.block_on(serve(taken, weather)))?;
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    /// A way to a game server.
    pub fn open(&self, server: SocketAddr) -> Lane {
        let (up, out) = mpsc::unbounded_channel();
        let (into, down) = mpsc::unbounded_channel();
        if let Some(orders) = &self.orders {
            let _ = orders.send(Order { server, up: out, down: into });
        }
        Lane { up, down }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(mut orders: mpsc::UnboundedReceiver<Order>, weather: watch::Receiver<Weather>) {
    let mut lanes = JoinSet::new();
    while let Some(order) = orders.recv().await {
        while lanes.try_join_next().is_some() {}
        let weather = weather.clone();
        lanes.spawn(async move {
            if let Err(error) = carry(order, weather).await {
                tracing::warn!("no UDP to the game server: {error}");
            }
        });
    }
    // What is left has been dropped, or goes with the program.
    let _ = time::timeout(FAREWELL, async { while lanes.join_next().await.is_some() {} }).await;
}

async fn carry(order: Order, mut weather: watch::Receiver<Weather>) -> io::Result<()> {
    let Order { server, mut up, down } = order;
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    let (mut out, mut back) = (DelayLine::new(SEED), DelayLine::new(!SEED));
    let mut buffer = [0; LARGEST];
    let mut until: Option<Instant> = None;
    loop {
        let now = Instant::now();
        while let Some(packet) = out.pop(now) {
            // A server that is away may come back; whoever waits for it has a time limit.
            let _ = socket.send(&packet).await;
        }
        while let Some(packet) = back.pop(now) {
            let _ = down.send(packet);
        }
        if until.is_some_and(|until| now >= until || out.next().is_none()) {
            return Ok(());
        }
        let due = [out.next(), back.next(), until].into_iter().flatten().min();
        let alarm = pin!(async {
            match due {
                Some(due) => time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        });
        tokio::select! {
            packet = up.recv(), if until.is_none() => match packet {
                Some(packet) => {
                    let Weather { quality, cut } = *weather.borrow();
                    if !cut {
                        out.push(Instant::now(), packet, quality.conditions());
                    }
                }
                None => until = Some(Instant::now() + FAREWELL),
            },
            // An error only tells that an earlier packet found nobody.
            Ok(length) = socket.recv(&mut buffer) => {
                let Weather { quality, cut } = *weather.borrow();
                if !cut {
                    back.push(Instant::now(), buffer[..length].to_vec(), quality.conditions());
                }
            }
            Ok(()) = weather.changed() => {
                if weather.borrow_and_update().cut {
                    out.clear();
                    back.clear();
                }
            }
            () = alarm => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket as PlainSocket;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    struct Bench {
        server: PlainSocket,
        lane: Lane,
        weather: watch::Sender<Weather>,
        _relay: Relay,
    }

    impl Bench {
        fn new(weather: Weather) -> Self {
            let server = PlainSocket::bind("127.0.0.1:0").unwrap();
            server.set_read_timeout(Some(PATIENCE)).unwrap();
            let (weather, seen) = watch::channel(weather);
            let relay = Relay::start(seen).unwrap();
            let lane = relay.open(server.local_addr().unwrap());
            Self { server, lane, weather, _relay: relay }
        }

        /// There and back.
        fn echo(&mut self, packet: &[u8]) -> (Vec<u8>, Duration) {
            let began = Instant::now();
            self.lane.send(packet);
            let mut buffer = [0; 64];
            let (length, from) = self.server.recv_from(&mut buffer).unwrap();
            self.server.send_to(&buffer[..length], from).unwrap();
            let answer = loop {
                match self.lane.receive() {
                    Some(answer) => break answer,
                    None => assert!(began.elapsed() < PATIENCE, "no answer"),
                }
                thread::yield_now();
            };
            (answer, began.elapsed())
        }
    }

    #[test]
    fn packets_go_there_and_back() {
        let mut bench = Bench::new(Weather::default());
        assert_eq!(bench.echo(b"hello").0, b"hello");
    }

    #[test]
    fn a_bad_network_takes_its_time_and_can_be_switched_while_it_is_used() {
        let mut bench = Bench::new(Weather { quality: Quality::Bad, cut: false });
        assert!(bench.echo(b"late").1 >= Duration::from_millis(120));
        bench.weather.send(Weather::default()).unwrap();
        assert_eq!(bench.echo(b"soon").0, b"soon", "the same lane goes on");
    }

    #[test]
    fn nothing_passes_a_cut_cable() {
        let Bench { server, lane, _relay: relay, .. } = Bench::new(Weather { quality: Quality::Good, cut: true });
        lane.send(b"lost");
        // Both end only when everything that was sent has been dealt with.
        drop(lane);
        drop(relay);
        server.set_nonblocking(true).unwrap();
        assert_eq!(server.recv_from(&mut [0; 64]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn a_goodbye_still_gets_through_a_bad_network() {
        let Bench { server, lane, _relay: relay, .. } = Bench::new(Weather { quality: Quality::Bad, cut: false });
        (0..20).for_each(|_| lane.send(b"bye"));
        drop(lane);
        drop(relay);
        let mut buffer = [0; 64];
        let (length, _) = server.recv_from(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"bye");
    }
}
