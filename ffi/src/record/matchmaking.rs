//! Matchmaking, in the words of the interface.

use rallypoint::protocol::matchmaking::{
    MatchCancelled, MatchFinished, MatchFound, QueueLeft, QueueState, QueueTicket,
};

use super::{NO_OPTIONS, Record, Texts, person};
use crate::{
    convert::{cancel_number, cancel_words, finish_number, options_out, side_number},
    types::*,
};

const NOBODY: rp_user = rp_user {
    user_id: 0,
    created_at_ms: 0,
    online: 0,
    reserved: 0,
    username: rp_str::ABSENT,
    display_name: rp_str::ABSENT,
    tag: rp_str::ABSENT,
    image_url: rp_str::ABSENT,
};

const IDLE: rp_queue = rp_queue {
    state: RP_QUEUE_IDLE,
    position: 0,
    queue_size: 0,
    rating: 0,
    window: 0,
    side: RP_SIDE_NONE,
    server_port: 0,
    reserved: 0,
    ticket_id: 0,
    waited_ms: 0,
    estimate_ms: 0,
    connect_by_ms: 0,
    options: NO_OPTIONS,
    opponent: NOBODY,
    game_id: rp_str::ABSENT,
    server_ip: rp_str::ABSENT,
    connect_token: rp_str::ABSENT,
    ws_url: rp_str::ABSENT,
};

/// A place in matchmaking whose text lives as long as this does.
pub(crate) struct QueueView {
    pub queue: rp_queue,
    _texts: Texts,
}

impl QueueView {
    pub fn new(state: &QueueState) -> Self {
        let mut texts = Texts::default();
        Self { queue: queue(state, &mut texts), _texts: texts }
    }
}

/// Where one stands, as the outcome of a request.
pub(crate) fn queue_state(state: &QueueState) -> Record {
    let mut record = Record::default();
    if let QueueState::Matched(found) = state {
        record = record.found(found);
    }
    record.queue = Some(Box::new(queue(state, &mut record.texts)));
    record
}

pub(crate) fn queue_left(left: &QueueLeft) -> Record {
    let mut record = Record::default();
    record.event.forfeited = left.forfeited.into();
    record
}

pub(crate) fn match_found(found: &MatchFound) -> Record {
    let mut record = Record::of(RP_EVENT_MATCH_FOUND).found(found);
    record.queue = Some(Box::new(matched(found, &mut record.texts)));
    record
}

pub(super) fn match_cancelled(cancelled: &MatchCancelled) -> Record {
    let mut record = Record::of(RP_EVENT_MATCH_CANCELLED).message(cancel_words(cancelled.reason));
    let (event, texts) = (&mut record.event, &mut record.texts);
    event.reason = cancel_number(cancelled.reason);
    event.game_id = texts.keep(&cancelled.game_id.to_string());
    record.match_end = Some(Box::new(rp_match_end {
        winner_id: 0,
        reason: event.reason,
        requeued: cancelled.requeued.into(),
        score_left: 0,
        score_right: 0,
        rated: 0,
        rating_before: 0,
        rating_after: 0,
        reserved: 0,
        game_id: event.game_id,
    }));
    record
}

pub(super) fn match_finished(finished: &MatchFinished) -> Record {
    let mut record = Record::of(RP_EVENT_MATCH_FINISHED);
    let (event, texts) = (&mut record.event, &mut record.texts);
    event.reason = finish_number(finished.reason);
    event.game_id = texts.keep(&finished.game_id.to_string());
    let [left, right] = finished.scores;
    record.match_end = Some(Box::new(rp_match_end {
        winner_id: finished.winner_id.map_or(0, |winner| winner.0),
        reason: event.reason,
        requeued: 0,
        score_left: left.into(),
        score_right: right.into(),
        rated: finished.rating.is_some().into(),
        rating_before: finished.rating.map_or(0, |rating| rating.before),
        rating_after: finished.rating.map_or(0, |rating| rating.after),
        reserved: 0,
        game_id: event.game_id,
    }));
    record
}

impl Record {
    fn found(self, found: &MatchFound) -> Self {
        let mut record = self.person(&found.opponent);
        let (event, texts) = (&mut record.event, &mut record.texts);
        event.side = side_number(found.side);
        event.expires_at_ms = found.connect_by.map_or(0, |by| by.0);
        event.options = options_out(&found.options);
        event.game_id = texts.keep(&found.game_id.to_string());
        event.server_ip = texts.keep(&found.server_ip);
        event.server_port = found.server_port.into();
        event.connect_token = texts.keep(&found.connect_token);
        record
    }
}

fn queue(state: &QueueState, texts: &mut Texts) -> rp_queue {
    match state {
        QueueState::Idle => IDLE,
        QueueState::Queued(ticket) => queued(ticket),
        QueueState::Matched(found) => matched(found, texts),
    }
}

fn queued(ticket: &QueueTicket) -> rp_queue {
    let count = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    let milliseconds = |seconds: u64| i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
    rp_queue {
        state: RP_QUEUE_QUEUED,
        position: count(ticket.position),
        queue_size: count(ticket.queue_size),
        rating: ticket.rating.unwrap_or(0),
        window: ticket.window.map_or(-1, count),
        ticket_id: ticket.ticket_id.0,
        waited_ms: milliseconds(ticket.waiting_seconds),
        estimate_ms: ticket.estimate_seconds.map_or(-1, milliseconds),
        ..IDLE
    }
}

fn matched(found: &MatchFound, texts: &mut Texts) -> rp_queue {
    rp_queue {
        state: RP_QUEUE_MATCHED,
        side: side_number(found.side),
        server_port: found.server_port.into(),
        connect_by_ms: found.connect_by.map_or(0, |by| by.0),
        options: options_out(&found.options),
        opponent: person(&found.opponent, texts),
        game_id: texts.keep(&found.game_id.to_string()),
        server_ip: texts.keep(&found.server_ip),
        connect_token: texts.keep(&found.connect_token),
        ws_url: texts.keep_any(found.ws_url.as_deref()),
        ..IDLE
    }
}
