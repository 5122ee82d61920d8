//! What operators watch: counters that services turn, and gauges that are read when somebody asks.

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// Counts what happens. Cheap to clone, and to turn.
#[derive(Clone, Default)]
pub struct Metrics {
    invites: Family<Step, Counter>,
    refusals: Family<Limit, Counter>,
    sent_away: Family<Reason, Counter>,
}

/// How many invites have taken which step.
pub struct Steps {
    pub created: Counter,
    pub seen: Counter,
    pub accepted: Counter,
    pub declined: Counter,
    /// By the sender, a block, or the end of the session or friendship that they were for.
    pub cancelled: Counter,
    pub expired: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Step {
    step: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Limit {
    limit: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Way {
    dialect: &'static str,
}

/// How things are at this moment.
#[derive(Clone, Debug, Default)]
pub struct Gauges {
    pub online: usize,
    /// By dialect.
    pub connections: Vec<(&'static str, usize)>,
    pub rooms: usize,
    pub queue: usize,
}

impl Metrics {
    /// The counter of a limit's refusals.
    pub fn refusals(&self, limit: &'static str) -> Counter {
        self.refusals.get_or_create(&Limit { limit }).clone()
    }

    /// The counter of sockets that were closed for their client's behaviour.
    pub fn sent_away(&self, reason: &'static str) -> Counter {
        self.sent_away.get_or_create(&Reason { reason }).clone()
    }

    /// The counters of the steps in the lives of invites.
    pub fn steps(&self) -> Steps {
        let step = |step| self.invites.get_or_create(&Step { step }).clone();
        Steps {
            created: step("created"),
            seen: step("seen"),
            accepted: step("accepted"),
            declined: step("declined"),
            cancelled: step("cancelled"),
            expired: step("expired"),
        }
    }

    /// Everything in the OpenMetrics text format.
    pub fn encode(&self, gauges: &Gauges) -> String {
        let mut registry = Registry::with_prefix("rallypoint");
        registry.register("invites", "Invites by the step that they have taken", self.invites.clone());
        registry.register("refusals", "Requests refused by a limit", self.refusals.clone());
        registry.register("sockets_sent_away", "Sockets closed for what they did", self.sent_away.clone());
        let gauge = |value: usize| {
            let gauge = Gauge::<i64>::default();
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
            gauge
        };
        registry.register("users_online", "Users with a lease of presence", gauge(gauges.online));
        registry.register("game_rooms", "Rooms of the game server", gauge(gauges.rooms));
        registry.register("queue_tickets", "Tickets that wait in the queue, as of the last pass", gauge(gauges.queue));
        let connections = Family::<Way, Gauge>::default();
        for &(dialect, count) in &gauges.connections {
            connections.get_or_create(&Way { dialect }).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        registry.register("connections", "Live sockets", connections);
        let mut text = String::new();
        // Writing to a text never fails.
        _ = encode(&mut text, &registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_and_gauges_stand_in_the_text() {
        let metrics = Metrics::default();
        metrics.refusals("rest").inc();
        metrics.steps().created.inc_by(2);
        let gauges = Gauges { online: 3, connections: vec![("socketio", 4)], rooms: 1, queue: 0 };
        let text = metrics.encode(&gauges);
        for line in [
            "rallypoint_refusals_total{limit=\"rest\"} 1",
            "rallypoint_invites_total{step=\"created\"} 2",
            "rallypoint_users_online 3",
            "rallypoint_connections{dialect=\"socketio\"} 4",
        ] {
            assert!(text.lines().any(|told| told == line), "{line} in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
