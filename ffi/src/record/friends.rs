//! Friends, challenges and traces, in the words of the interface.

use rallypoint::{
    UserId,
    protocol::{
        FriendshipId,
        invite::{ChallengeSent, InviteKind, InviteTrace, TraceStep},
        social::{Friend, FriendSuggestion},
    },
};

use super::{Record, Texts, person};
use crate::{
    convert::{friendship_number, kind_number, status_number, step_number},
    types::*,
};

/// A friend whose text lives as long as this does.
pub(crate) struct FriendView {
    pub friend: rp_friend,
    _texts: Texts,
}

impl FriendView {
    pub fn new(about: &Friend) -> Self {
        let mut texts = Texts::default();
        Self { friend: fields(about, &mut texts), _texts: texts }
    }
}

/// As the outcome of a request.
pub(crate) fn friend(about: &Friend) -> Record {
    let mut record = Record::default().person(&about.user);
    let fields = fields(about, &mut record.texts);
    let event = &mut record.event;
    event.status = fields.status;
    event.online = fields.user.online;
    event.in_game = fields.in_game;
    event.user_status = fields.user_status;
    record.friendship = Some(about.friendship_id);
    record.friend = Some(Box::new(fields));
    record
}

/// As a row, or as news.
pub(crate) fn friend_event(event_type: i32, about: &Friend) -> Record {
    let mut record = friend(about);
    record.event.event_type = event_type;
    record
}

pub(crate) fn suggestion(suggestion: &FriendSuggestion) -> Record {
    let mut record = Record::of(RP_EVENT_SUGGESTION).person(&suggestion.user);
    record.event.count = i32::try_from(suggestion.mutual_friends).unwrap_or(i32::MAX);
    record
}

pub(crate) fn map(name: &str) -> Record {
    let mut record = Record::of(RP_EVENT_MAP);
    record.event.map = record.texts.keep(name);
    record
}

/// A request that named a friendship is done.
pub(crate) fn friendship(id: FriendshipId) -> Record {
    Record { friendship: Some(id), ..Record::default() }
}

/// A request that named a person is done.
pub(crate) fn about_user(id: UserId) -> Record {
    let mut record = Record::default();
    record.event.user_id = id.0;
    record
}

pub(crate) fn challenge_sent(sent: &ChallengeSent) -> Record {
    let mut record = Record::default().expiry(sent.created_at, sent.expires_at, sent.expires_in);
    let (event, texts) = (&mut record.event, &mut record.texts);
    event.invite_id = sent.invite_id.0;
    event.user_id = sent.receiver_id.0;
    event.kind = kind_number(InviteKind::Map);
    event.status = RP_STATUS_PENDING;
    event.map = texts.keep(&sent.map);
    event.display_name = texts.keep(&sent.receiver_name);
    record.friendship = Some(sent.friendship_id);
    record
}

pub(crate) fn trace_step(step: &TraceStep) -> Record {
    let mut record = Record::of(RP_EVENT_TRACE_STEP).message(&step.via.join(","));
    record.event.state = step_number(step.step);
    record.event.created_at_ms = step.at.0;
    record
}

/// What comes behind the steps. `me` is whoever asked.
pub(crate) fn traced(trace: &InviteTrace, me: Option<UserId>) -> Record {
    let other = if me == Some(trace.sender_id) { trace.receiver_id } else { trace.sender_id };
    let mut record = Record::default();
    record.event.invite_id = trace.invite_id.0;
    record.event.user_id = other.0;
    record.event.kind = kind_number(trace.kind);
    record.event.status = status_number(trace.status);
    record
}

fn fields(about: &Friend, texts: &mut Texts) -> rp_friend {
    let mut user = person(&about.user, texts);
    let presence = about.presence.as_ref();
    user.online = presence.map_or(about.user.online, |presence| presence.online).into();
    rp_friend {
        friendship_id: about.friendship_id.0,
        since_ms: about.since.0,
        status: friendship_number(about.status),
        incoming: about.incoming.into(),
        in_game: presence.is_some_and(|presence| presence.in_game).into(),
        reserved: 0,
        user,
        user_status: texts.keep_any(presence.and_then(|presence| presence.status.as_deref())),
    }
}

#[cfg(test)]
mod tests {
    use rallypoint::{
        Event, SentInviteUpdate, SentProgress,
        protocol::{
            InviteId, Timestamp, User,
            invite::{InviteStatus, InviteStep},
            presence::Presence,
            social::FriendshipStatus,
        },
    };

    use super::*;
    use crate::{record, strings::read};

    fn text(text: rp_str) -> String {
        unsafe { read(text.ptr, text.len, "text") }.unwrap().unwrap_or_default().to_owned()
    }

    fn bea() -> Friend {
        Friend {
            friendship_id: FriendshipId(4),
            status: FriendshipStatus::Accepted,
            incoming: true,
            since: Timestamp(9_000),
            user: User {
                id: UserId(7),
                username: "bea".into(),
                display_name: "Bea".into(),
                tag: "0042".into(),
                image_url: None,
                created_at: Timestamp(1_000),
                online: false,
            },
            presence: Some(Presence {
                user_id: UserId(7),
                username: "bea".into(),
                online: true,
                in_game: true,
                status: Some("at lunch".into()),
            }),
        }
    }

    #[test]
    fn a_friend_comes_out_whole_in_the_event_and_in_the_row() {
        let record = record::event(Event::FriendAccepted(bea()));
        let (event, row) = (record.event, record.friend.as_deref().unwrap());
        assert_eq!((event.event_type, event.status, event.user_id), (RP_EVENT_FRIEND_ACCEPTED, RP_STATUS_ACCEPTED, 7));
        assert_eq!((event.online, event.in_game, text(event.user_status)), (1, 1, "at lunch".into()));
        assert_eq!((row.friendship_id, row.since_ms, row.incoming, row.status), (4, 9_000, 1, RP_STATUS_ACCEPTED));
        assert_eq!((row.user.user_id, row.user.online, row.in_game), (7, 1, 1), "the presence is the newer word");
        assert_eq!([row.user.display_name, row.user.tag, row.user_status].map(text), ["Bea", "0042", "at lunch"]);
        assert_eq!(record.friendship, Some(FriendshipId(4)));
        let asks = Friend { status: FriendshipStatus::Pending, presence: None, ..bea() };
        let record = record::event(Event::FriendRequested(asks));
        let row = record.friend.as_deref().unwrap();
        assert_eq!((record.event.event_type, row.status), (RP_EVENT_FRIEND_REQUESTED, RP_STATUS_PENDING));
        assert_eq!((row.user.online, row.in_game, row.user_status.ptr.is_null()), (0, 0, true));
    }

    #[test]
    fn a_challenge_is_told_from_its_sending_to_where_it_is_played() {
        let record = challenge_sent(&ChallengeSent {
            status: Default::default(),
            invite_id: InviteId(9),
            friendship_id: FriendshipId(4),
            map: "arena".into(),
            receiver_id: UserId(7),
            receiver_name: "Bea#0042".into(),
            created_at: Timestamp(1_000),
            expires_at: Timestamp(121_000),
            expires_in: 120,
        });
        let sent = record.event;
        assert_eq!((sent.invite_id, sent.user_id, sent.kind), (9, 7, RP_INVITE_KIND_MAP));
        assert_eq!(
            (sent.remaining_ms, text(sent.map), text(sent.display_name)),
            (120_000, "arena".into(), "Bea#0042".into())
        );
        assert_eq!(record.friendship, Some(FriendshipId(4)));
        let accepted = record::event(Event::SentInviteChanged(SentInviteUpdate {
            invite_id: InviteId(9),
            receiver_id: Some(UserId(7)),
            progress: SentProgress::Accepted,
            session_code: "K7QX2M".parse().ok(),
            message: None,
        }));
        assert_eq!(text(accepted.event.session_code), "K7QX2M");
    }

    #[test]
    fn a_trace_names_its_steps_and_the_other_one() {
        let step =
            TraceStep { step: InviteStep::Delivered, at: Timestamp(5), via: vec!["socketio".into(), "rest".into()] };
        let row = trace_step(&step);
        assert_eq!((row.event.event_type, row.event.state), (RP_EVENT_TRACE_STEP, RP_STEP_DELIVERED));
        assert_eq!((row.event.created_at_ms, text(row.event.message)), (5, "socketio,rest".into()));
        let trace = InviteTrace {
            invite_id: InviteId(9),
            kind: InviteKind::Map,
            status: InviteStatus::Accepted,
            sender_id: UserId(1),
            receiver_id: UserId(7),
            steps: vec![step],
        };
        let other = |me| traced(&trace, Some(UserId(me))).event.user_id;
        assert_eq!((other(1), other(7)), (7, 1));
        assert_eq!(traced(&trace, None).event.status, RP_STATUS_ACCEPTED);
    }
}
