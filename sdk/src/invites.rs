//! Invites, from both ends.

use rallypoint_core::InviteEntry;
use rallypoint_protocol::{
    ErrorCode, InviteId, SessionCode, UserId,
    event::{ClientCommand, ServerEvent},
    invite::{
        CancelInvite, InviteAnswer, InviteCancelConfirmed, InviteResponded, InviteSent, InviteTrace, SendInvite,
        SentInvite, SentInvites,
    },
};
use tokio::{sync::oneshot, time::Instant};

use crate::{
    Client, Error,
    driver::{Command, RequestFailure, Shared},
};

/// How much older than the attempt an invite may look and still be the attempt's: the seconds left are rounded.
const AGE_TOLERANCE: f64 = 1.5;

/// From [`Client::invites`].
#[derive(Clone)]
pub struct Invites {
    pub(crate) client: Client,
}

impl Invites {
    /// What rings now, newest first.
    pub fn list(&self) -> Vec<InviteEntry> {
        self.client.shared().invites()
    }

    /// Invites a player into a session that one hosts. A reply that got lost on the way is found again, so that
    /// one call never makes two invites.
    ///
    /// # Errors
    /// `USER_OFFLINE`, `DUPLICATE_INVITATION`, `NOT_HOST`, `SESSION_NOT_FOUND`, `SELF_INVITE`, `TOO_MANY_PENDING`
    pub async fn send(&self, receiver: UserId, code: SessionCode) -> Result<InviteSent, Error> {
        let shared = self.client.shared().clone();
        let wish = SendInvite { receiver_id: receiver, session_code: code };
        self.client.on_runtime(async move { send(&shared, wish).await }).await
    }

    /// Tells that the popup is on the screen. The sender learns of it once, also if the link is down just now.
    pub fn shown(&self, id: InviteId) {
        self.client.shared().tell(Command::Shown { id });
    }

    /// Takes the seat; a challenge's session is made by it. Asking twice, or again after a lost reply, is one answer.
    ///
    /// # Errors
    /// `SESSION_FULL` leaves it ringing. `ALREADY_RESPONDED`, `EXPIRED_INVITATION` and `INVITATION_NOT_FOUND`
    /// end it. [`Error::Timeout`]: the network stayed down until the invite was over.
    pub async fn accept(&self, id: InviteId) -> Result<InviteResponded, Error> {
        self.answer(id, InviteAnswer::Accept).await
    }

    /// # Errors
    /// As [`Invites::accept`].
    pub async fn decline(&self, id: InviteId) -> Result<InviteResponded, Error> {
        self.answer(id, InviteAnswer::Decline).await
    }

    /// Takes one's own invite back. Repeating it is no error.
    ///
    /// # Errors
    /// `ALREADY_RESPONDED`, `EXPIRED_INVITATION`, `INVITATION_NOT_FOUND`
    pub async fn cancel(&self, id: InviteId) -> Result<(), Error> {
        let shared = self.client.shared().clone();
        self.client.on_runtime(async move { cancel(&shared, id).await }).await
    }

    /// One's own invites of the last ten minutes, and those that are still pending, newest first.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn sent(&self) -> Result<Vec<SentInvite>, Error> {
        self.client.with_rest(|rest| async move { Ok(rest.get::<SentInvites>("/invite/sent").await?.invites) }).await
    }

    /// What became of an invite that one has sent or received, step by step.
    ///
    /// # Errors
    /// `INVITATION_NOT_FOUND`: there is none, or it is between others.
    pub async fn trace(&self, id: InviteId) -> Result<InviteTrace, Error> {
        self.client.with_rest(move |rest| async move { rest.get(&format!("/invites/{id}/trace")).await }).await
    }

    async fn answer(&self, id: InviteId, answer: InviteAnswer) -> Result<InviteResponded, Error> {
        let (reply, answered) = oneshot::channel();
        self.client.shared().ask(Command::Answer { id, answer, reply }).await?;
        answered.await.unwrap_or(Err(Error::Closed))
    }
}

async fn send(shared: &Shared, wish: SendInvite) -> Result<InviteSent, Error> {
    let (epoch, started) = (shared.rest.tokens.epoch(), Instant::now());
    let track = |sent| track(shared, epoch, sent);
    let by_socket = match shared.request(ClientCommand::SendInvite(wish.clone())).await {
        Ok(ServerEvent::SendInviteSucceeded(sent)) => return Ok(sent),
        Ok(ServerEvent::SendInviteRefused(error)) => return Err(error.into()),
        Ok(_) | Err(RequestFailure::Lost) => true,
        Err(RequestFailure::NoSocket) => false,
        Err(RequestFailure::Closed) => return Err(Error::Closed),
    };
    if by_socket && let Some(sent) = find_seat(shared, &wish, started).await? {
        return track(sent).await;
    }
    match shared.rest.post::<InviteSent>("/invite/send", &wish).await {
        Ok(sent) => track(sent).await,
        Err(error) if error.code() == Some(ErrorCode::DuplicateInvitation) && by_socket => {
            match find_seat(shared, &wish, started).await? {
                Some(sent) => track(sent).await,
                None => Err(error),
            }
        }
        Err(Error::Timeout) => match find_seat(shared, &wish, started).await {
            Ok(Some(sent)) => track(sent).await,
            Ok(None) | Err(_) => Err(Error::Timeout),
        },
        Err(error) => Err(error),
    }
}

/// The invite `about` the same that an attempt begun at `started` has made, if it has. Ages are compared, not clocks.
pub(crate) async fn find_sent(
    shared: &Shared,
    started: Instant,
    about: impl Fn(&SentInvite) -> bool,
) -> Result<Option<SentInvite>, Error> {
    let listed = shared.rest.get::<SentInvites>("/invite/sent").await?;
    let elapsed = started.elapsed().as_secs_f64();
    let made_by_this_attempt = |invite: &SentInvite| {
        let lifetime = (invite.expires_at.0 - invite.created_at.0) as f64 / 1000.0;
        let age = lifetime - invite.expires_in as f64;
        age <= elapsed + AGE_TOLERANCE
    };
    Ok(listed.invites.into_iter().find(|invite| about(invite) && made_by_this_attempt(invite)))
}

async fn find_seat(shared: &Shared, wish: &SendInvite, started: Instant) -> Result<Option<InviteSent>, Error> {
    let about =
        |invite: &SentInvite| invite.receiver_id == wish.receiver_id && invite.session_code == Some(wish.session_code);
    let found = find_sent(shared, started, about).await?;
    Ok(found.map(|invite| InviteSent {
        status: Default::default(),
        invite_id: invite.invite_id,
        session_code: wish.session_code,
        receiver_id: invite.receiver_id,
        receiver_name: invite.receiver_name,
        created_at: invite.created_at,
        expires_at: invite.expires_at,
        expires_in: invite.expires_in,
    }))
}

async fn cancel(shared: &Shared, id: InviteId) -> Result<(), Error> {
    let wish = CancelInvite { invite_id: id };
    match shared.request(ClientCommand::CancelInvite(wish)).await {
        Ok(ServerEvent::CancelInviteSucceeded(_)) => Ok(()),
        Ok(ServerEvent::CancelInviteRefused(error)) => Err(error.into()),
        Ok(_) | Err(RequestFailure::Lost | RequestFailure::NoSocket) => {
            shared.rest.post::<InviteCancelConfirmed>("/invite/cancel", &wish).await.map(drop)
        }
        Err(RequestFailure::Closed) => Err(Error::Closed),
    }
}

async fn track(shared: &Shared, epoch: u64, sent: InviteSent) -> Result<InviteSent, Error> {
    shared.track_sent(epoch, sent.invite_id, sent.receiver_id).await?;
    Ok(sent)
}

impl Shared {
    /// Follows an invite that has been sent by whoever was signed in then.
    pub(crate) async fn track_sent(&self, epoch: u64, invite_id: InviteId, receiver_id: UserId) -> Result<(), Error> {
        self.ask_for(epoch, Command::TrackSent { invite_id, receiver_id }).await
    }
}
