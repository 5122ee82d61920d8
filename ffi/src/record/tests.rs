//! What the SDK says of matchmaking comes out whole.

use rallypoint::{
    Event,
    protocol::{
        TicketId, Timestamp, User, UserId,
        matchmaking::{
            CancelReason, FinishReason, MatchCancelled, MatchFinished, MatchFound, QueueState, QueueTicket,
            RatingChange, Side,
        },
        session::{GameOptions, GameSpeed},
    },
};

use super::{Record, event, queue_state};
use crate::{strings::read, types::*};

const GAME: &str = "b4f1149a-30d1-45ab-9d1b-225671a3f4ab";

/// A match against Bea, on the left.
pub(crate) fn found(connect_token: &str, options: GameOptions) -> MatchFound {
    MatchFound {
        game_id: GAME.parse().unwrap(),
        side: Side::Left,
        opponent: User {
            id: UserId(7),
            username: "bea".into(),
            display_name: "Bea".into(),
            tag: "0042".into(),
            image_url: None,
            created_at: Timestamp(1_000),
            online: true,
        },
        server_ip: "203.0.113.7".into(),
        server_port: 7778,
        connect_token: connect_token.into(),
        ws_url: Some(format!("/ws/game/{GAME}/")),
        connect_by: Some(Timestamp(15_000)),
        options,
    }
}

fn text(text: rp_str) -> String {
    unsafe { read(text.ptr, text.len, "text") }.unwrap().unwrap_or_default().to_owned()
}

fn queued(estimate_seconds: Option<u64>, window: Option<u32>) -> Record {
    queue_state(&QueueState::Queued(QueueTicket {
        ticket_id: TicketId(9),
        position: 2,
        queue_size: 5,
        waiting_seconds: 12,
        estimate_seconds,
        window,
        rating: Some(1_500),
    }))
}

#[test]
fn a_place_in_the_queue_says_what_the_server_knows_and_what_not() {
    let known = queued(Some(20), Some(450)).queue.unwrap();
    assert_eq!((known.state, known.ticket_id, known.position, known.queue_size), (RP_QUEUE_QUEUED, 9, 2, 5));
    assert_eq!((known.waited_ms, known.estimate_ms, known.window, known.rating), (12_000, 20_000, 450, 1_500));
    let open = queued(None, None).queue.unwrap();
    assert_eq!((open.estimate_ms, open.window), (-1, -1));
    assert!(open.game_id.ptr.is_null() && open.opponent.user_id == 0);
}

#[test]
fn a_match_has_everything_that_it_takes_to_connect() {
    let options = GameOptions { game_speed: Some(GameSpeed::Fast), ranked: Some(false), ..GameOptions::default() };
    let record = super::match_found(&found("token", options));
    let (event, queue) = (record.event, record.queue.as_deref().unwrap());
    assert_eq!((event.event_type, event.side, event.server_port), (RP_EVENT_MATCH_FOUND, RP_SIDE_LEFT, 7778));
    assert_eq!((event.user_id, event.expires_at_ms), (7, 15_000));
    assert_eq!([event.game_id, event.connect_token, event.display_name].map(text), [GAME, "token", "Bea"]);
    assert_eq!((queue.state, queue.side, queue.connect_by_ms), (RP_QUEUE_MATCHED, RP_SIDE_LEFT, 15_000));
    assert_eq!((queue.options.game_speed, queue.options.ranked, queue.options.cool_mode), (RP_SPEED_FAST, RP_NO, 0));
    let texts = [queue.opponent.display_name, queue.opponent.tag, queue.server_ip, queue.connect_token, queue.ws_url];
    assert_eq!(texts.map(text), ["Bea", "0042", "203.0.113.7", "token", &format!("/ws/game/{GAME}/")]);
}

#[test]
fn a_cancelled_match_says_why_and_whether_one_waits_again() {
    let cancelled = |reason, requeued| {
        let record = event(Event::MatchCancelled(MatchCancelled { game_id: GAME.parse().unwrap(), reason, requeued }));
        let end = record.match_end.as_deref().unwrap();
        assert_eq!((end.reason, text(end.game_id)), (record.event.reason, GAME.to_owned()));
        assert!(text(record.event.message).ends_with('.'));
        (record.event.event_type, end.reason, end.requeued)
    };
    for (reason, number) in [
        (CancelReason::OpponentMissing, RP_CANCEL_OPPONENT_MISSING),
        (CancelReason::NotConnected, RP_CANCEL_NOT_CONNECTED),
        (CancelReason::OpponentLeft, RP_CANCEL_OPPONENT_LEFT),
        (CancelReason::ServerRestarted, RP_CANCEL_SERVER_RESTARTED),
    ] {
        assert_eq!(cancelled(reason, false), (RP_EVENT_MATCH_CANCELLED, number, 0));
        assert_eq!(cancelled(reason, true).2, 1);
    }
}

#[test]
fn a_finished_match_has_its_scores_and_the_rating_if_it_was_ranked() {
    let finished = |winner_id, reason, rating| {
        let result = MatchFinished { game_id: GAME.parse().unwrap(), winner_id, reason, scores: [3, 5], rating };
        *event(Event::MatchFinished(result)).match_end.unwrap()
    };
    let rating = Some(RatingChange { before: 1_500, after: 1_524 });
    let won = finished(Some(UserId(7)), FinishReason::Score, rating);
    assert_eq!((won.winner_id, won.reason, won.score_left, won.score_right), (7, RP_FINISH_SCORE, 3, 5));
    assert_eq!((won.rated, won.rating_before, won.rating_after), (1, 1_500, 1_524));
    let draw = finished(None, FinishReason::Time, None);
    assert_eq!((draw.winner_id, draw.reason, draw.rated), (0, RP_FINISH_TIME, 0));
    assert_eq!(finished(None, FinishReason::Forfeit, None).reason, RP_FINISH_FORFEIT);
}
