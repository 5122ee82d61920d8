//! Any order of inputs to a session: an end is an end, nothing is sent twice or out of order, and memory is bounded.

#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use rallypoint_socketio::fuzzing::{Incoming, Packet, PollAnswer, ProbeStep, Session, Settings};

const SETTINGS: Settings = Settings {
    ping_interval: Duration::from_secs(25),
    ping_timeout: Duration::from_secs(20),
    upgrade_timeout: Duration::from_secs(10),
    closing_timeout: Duration::from_secs(3),
    max_waiting_packets: 16,
    max_waiting_bytes: 4_096,
};

struct World {
    session: Session,
    now: Instant,
    next: u64,
    expected: u64,
}

impl World {
    /// Packets come out in the order in which they were sent, whichever way they take.
    fn arrived(&mut self, packet: &Packet) {
        if let Packet::Text(text) = packet
            && let Some(number) = text.strip_prefix('4').and_then(|number| number.parse::<u64>().ok())
        {
            assert_eq!(number, self.expected);
            self.expected += 1;
        }
    }
}

fuzz_target!(|steps: &[u8]| {
    let now = Instant::now();
    let mut world = World { session: Session::polling(SETTINGS, now), now, next: 0, expected: 0 };
    let mut probes = Vec::new();
    for pair in steps.chunks_exact(2) {
        let (kind, argument) = (pair[0] % 16, pair[1]);
        let (closed, World { session, now, .. }) = (world.session.closed(), &mut world);
        match kind {
            0 => drop(session.poll_start(*now)),
            1 => {
                if let Some(PollAnswer::Packets(packets)) = session.poll_answer(*now) {
                    packets.iter().for_each(|packet| world.arrived(packet));
                }
            }
            2 => session.poll_cut(),
            3 => drop(session.post_start(*now)),
            4 => session.post_end(),
            5 if probes.len() < 64 => probes.extend(session.probe_start(*now)),
            6..9 => {
                let packets = [Incoming::Ping("probe"), Incoming::Upgrade, Incoming::Noop];
                let probe = probes.get(usize::from(argument) % probes.len().max(1));
                if let Some(probe) = probe {
                    let step = session.probe_packet(*now, *probe, packets.get(usize::from(kind - 6)));
                    assert!(step != ProbeStep::Upgraded || kind == 7, "only packet 5 changes the transport");
                }
            }
            9 => {
                if let Some(packet) = session.next_packet() {
                    world.arrived(&packet);
                }
            }
            10 => {
                if session.send(Packet::text(format!("4{}", world.next))) {
                    world.next += 1;
                }
            }
            11 => drop(session.receive(*now, Incoming::Pong)),
            12 => drop(session.receive(*now, Incoming::Text("x"))),
            13 => {
                *now += Duration::from_millis(u64::from(argument) * 40);
                session.handle_timeout(*now);
            }
            14 => drop(session.close_frame()),
            _ => session.extend_heartbeat(*now),
        }
        let session = &world.session;
        assert!(closed.is_none() || session.closed() == closed);
        assert_eq!(session.closed().is_some(), session.poll_timeout().is_none());
        assert!(session.waiting_packets() <= SETTINGS.max_waiting_packets + 1, "a ping may be one more");
    }
});
