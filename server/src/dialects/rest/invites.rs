//! `/invite/…`: what a client does while its socket is down.

use axum::{Json, extract::State, http::StatusCode};
use rallypoint_protocol::{
    InviteId, UserId,
    invite::{
        AcknowledgeInvite, CancelInvite, ChallengeFriend, ChallengeSent, InviteAcknowledgedAck, InviteCancelConfirmed,
        InviteResponded, InviteSent, InviteTrace, PendingInvites, RespondInvite, SendInvite, SentInvites,
    },
};

use super::{
    AppState, Refusal,
    extract::{Beginning, Body, Caller, Path},
};

pub(super) async fn send(
    _: Beginning,
    Caller(caller): Caller,
    State(app): AppState,
    Body(wish): Body<SendInvite>,
) -> Result<(StatusCode, Json<InviteSent>), Refusal> {
    let sender = app.users.get(caller.user).await?;
    Ok((StatusCode::CREATED, Json(app.invites.send(&sender, wish).await?)))
}

pub(super) async fn check_own(Caller(caller): Caller, State(app): AppState) -> Result<Json<PendingInvites>, Refusal> {
    let user = app.users.get(caller.user).await?;
    Ok(Json(app.invites.check(&user, caller.login).await?))
}

pub(super) async fn check(
    Caller(caller): Caller,
    State(app): AppState,
    Path(player_id): Path<i64>,
) -> Result<Json<PendingInvites>, Refusal> {
    caller.must_be(UserId(player_id))?;
    check_own(Caller(caller), State(app)).await
}

pub(super) async fn respond(
    Caller(caller): Caller,
    State(app): AppState,
    Body(wish): Body<RespondInvite>,
) -> Result<Json<InviteResponded>, Refusal> {
    let receiver = app.users.get(caller.user).await?;
    Ok(Json(app.invites.respond(&receiver, wish, None).await?.answer))
}

pub(super) async fn acknowledge(
    Caller(caller): Caller,
    State(app): AppState,
    Body(wish): Body<AcknowledgeInvite>,
) -> Result<Json<InviteAcknowledgedAck>, Refusal> {
    Ok(Json(app.invites.acknowledge(caller.user, wish).await?))
}

pub(super) async fn cancel(
    Caller(caller): Caller,
    State(app): AppState,
    Body(wish): Body<CancelInvite>,
) -> Result<Json<InviteCancelConfirmed>, Refusal> {
    Ok(Json(app.invites.cancel(caller.user, wish.invite_id, None).await?))
}

pub(super) async fn sent(Caller(caller): Caller, State(app): AppState) -> Result<Json<SentInvites>, Refusal> {
    Ok(Json(app.invites.sent(caller.user).await?))
}

pub(super) async fn challenge(
    _: Beginning,
    Caller(caller): Caller,
    State(app): AppState,
    Body(ChallengeFriend { receiver_id, map }): Body<ChallengeFriend>,
) -> Result<(StatusCode, Json<ChallengeSent>), Refusal> {
    let sender = app.users.get(caller.user).await?;
    Ok((StatusCode::CREATED, Json(app.invites.challenge_user(&sender, receiver_id, &map).await?)))
}

pub(super) async fn maps(_: Caller, State(app): AppState) -> Json<Vec<String>> {
    Json(app.invites.maps().to_vec())
}

pub(super) async fn trace(
    Caller(caller): Caller,
    State(app): AppState,
    Path(id): Path<i64>,
) -> Result<Json<InviteTrace>, Refusal> {
    Ok(Json(app.invites.trace(InviteId(id), caller.user).await?))
}
