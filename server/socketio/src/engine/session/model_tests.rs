//! Any interleaving of polls, posts, probes, frames and cuts: nothing is lost, doubled or reordered.

use proptest::{collection::vec, prelude::*};

use super::*;

const SETTINGS: Settings = Settings {
    ping_interval: Duration::from_secs(25),
    ping_timeout: Duration::from_secs(20),
    upgrade_timeout: Duration::from_secs(10),
    closing_timeout: Duration::from_secs(3),
    max_waiting_packets: 1_000,
    max_waiting_bytes: 1_000_000,
};

/// What the world may do next.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The application sends.
    Send,
    Poll,
    AnswerPoll,
    /// The client sends, over whichever transport it uses.
    Say,
    Pong,
    OpenProbe,
    ProbePing,
    ProbeRubbish,
    ProbeUpgrade,
    CutProbe,
    /// The WebSocket takes a packet.
    Write,
    Wait(u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Send),
        4 => Just(Step::Poll),
        4 => Just(Step::AnswerPoll),
        3 => Just(Step::Say),
        2 => Just(Step::Pong),
        2 => Just(Step::OpenProbe),
        3 => Just(Step::ProbePing),
        1 => Just(Step::ProbeRubbish),
        2 => Just(Step::ProbeUpgrade),
        1 => Just(Step::CutProbe),
        4 => Just(Step::Write),
        2 => (0_u16..4_000).prop_map(Step::Wait),
    ]
}

/// The session and both of its sides.
struct World {
    session: Session,
    now: Instant,
    sent: Vec<String>,
    arrived: Vec<String>,
    said: usize,
    heard: usize,
    polling: bool,
    probe: Option<(ProbeId, bool)>,
    upgraded: bool,
}

impl World {
    fn new() -> Self {
        let now = Instant::now();
        let session = Session::polling(SETTINGS, now);
        let (sent, arrived) = (Vec::new(), Vec::new());
        Self { session, now, sent, arrived, said: 0, heard: 0, polling: false, probe: None, upgraded: false }
    }

    fn take(&mut self, packet: Packet) {
        if let Packet::Text(text) = packet
            && text.starts_with('4')
        {
            self.arrived.push(text.into_owned());
        }
    }

    fn answer_poll(&mut self) {
        let Some(answer) = self.session.poll_answer(self.now) else { return };
        assert!(self.polling, "nobody has asked");
        self.polling = false;
        if let PollAnswer::Packets(packets) = answer {
            assert!(!packets.is_empty(), "an answer without packets");
            packets.into_iter().for_each(|packet| self.take(packet));
        }
    }

    fn probe_packet(&mut self, packet: Option<&Incoming<'_>>) {
        let Some((id, pinged)) = self.probe else { return };
        let alive = self.session.probe_deadline(id).is_some();
        match self.session.probe_packet(self.now, id, packet) {
            ProbeStep::Answer => {
                assert!(alive && !pinged);
                self.probe = Some((id, true));
            }
            ProbeStep::Upgraded => {
                assert!(alive && pinged && packet == Some(&Incoming::Upgrade), "only packet 5 changes the transport");
                (self.upgraded, self.probe) = (true, None);
            }
            ProbeStep::Reject => self.probe = None,
        }
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Send => {
                let text = format!("4{}", self.sent.len());
                if self.session.send(Packet::text(text.clone())) {
                    self.sent.push(text);
                }
            }
            Step::Poll if !self.polling => self.polling = self.session.poll_start(self.now).is_ok(),
            Step::AnswerPoll => self.answer_poll(),
            Step::Say => {
                let open = self.session.is_open();
                if !self.upgraded {
                    let posted = self.session.post_start(self.now);
                    self.session.post_end();
                    if posted.is_err() {
                        return;
                    }
                }
                self.said += usize::from(open && self.session.is_open());
                let received = self.session.receive(self.now, Incoming::Text("x"));
                self.heard += usize::from(received == Received::Text("x"));
            }
            Step::Pong => drop(self.session.receive(self.now, Incoming::Pong)),
            Step::OpenProbe => {
                if let Some(id) = self.session.probe_start(self.now) {
                    self.probe = Some((id, false));
                }
            }
            Step::ProbePing => self.probe_packet(Some(&Incoming::Ping("probe"))),
            Step::ProbeRubbish => self.probe_packet(None),
            Step::ProbeUpgrade => self.probe_packet(Some(&Incoming::Upgrade)),
            Step::CutProbe => {
                if let Some((id, _)) = self.probe.take() {
                    self.session.probe_cut(id);
                }
            }
            Step::Write => {
                if let Some(packet) = self.session.next_packet() {
                    assert!(self.upgraded);
                    self.take(packet);
                }
            }
            Step::Wait(millis) => {
                self.now += Duration::from_millis(millis.into());
                self.session.handle_timeout(self.now);
            }
            Step::Poll => {}
        }
        self.check();
    }

    fn check(&self) {
        assert_eq!(self.session.is_websocket() || self.session.closed().is_some(), self.upgraded || self.is_closed());
        assert!(self.sent.starts_with(&self.arrived), "{:?} is no beginning of {:?}", self.arrived, self.sent);
        assert_eq!(self.heard, self.said);
        match self.session.closed() {
            None => assert!(self.session.poll_timeout().is_some_and(|at| at > self.now), "a deadline was missed"),
            Some(reason) => assert_eq!(reason, CloseReason::PingTimeout, "nobody has broken a rule"),
        }
    }

    fn is_closed(&self) -> bool {
        self.session.closed().is_some()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_arrives_once_and_in_order(steps in vec(step(), 0..200)) {
        let mut world = World::new();
        for step in steps {
            world.apply(step);
        }
        for _ in 0..world.sent.len() + 10 {
            for step in [Step::Pong, Step::Poll, Step::AnswerPoll, Step::Write] {
                world.apply(step);
            }
        }
        prop_assert!(world.is_closed() || world.arrived == world.sent, "{:?} of {:?}", world.arrived, world.sent);
    }

    /// A client that breaks off whatever it likes, whenever it likes, ends its session and does no other harm.
    #[test]
    fn hostile_orders_end_the_session_at_worst(steps in vec((0_u8..16, 0_u16..3_000), 0..200)) {
        let mut now = Instant::now();
        let mut session = Session::polling(SETTINGS, now);
        let mut ids = Vec::new();
        for (kind, millis) in steps {
            now += Duration::from_millis(millis.into());
            let closed = session.closed();
            match kind {
                0 => drop(session.poll_start(now)),
                1 => drop(session.poll_answer(now)),
                2 => session.poll_cut(),
                3 => drop(session.post_start(now)),
                4 => session.post_end(),
                5 => ids.extend(session.probe_start(now)),
                6..9 => {
                    let packets = [Incoming::Ping("probe"), Incoming::Upgrade, Incoming::Noop];
                    if let Some(id) = ids.get(usize::from(millis) % ids.len().max(1)) {
                        session.probe_packet(now, *id, packets.get(usize::from(kind - 6)));
                    }
                }
                9 => drop(session.next_packet()),
                10 => drop(session.send(Packet::NOOP)),
                11 => drop(session.receive(now, Incoming::Pong)),
                12 => drop(session.receive(now, Incoming::Text("x"))),
                13 => session.handle_timeout(now),
                14 => drop(session.close_frame()),
                _ => session.extend_heartbeat(now),
            }
            prop_assert!(closed.is_none() || session.closed() == closed, "an end is an end");
            prop_assert_eq!(session.closed().is_some(), session.poll_timeout().is_none());
        }
    }
}
