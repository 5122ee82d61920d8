//! What the game wants of the server, and the answers.

use bevy::prelude::*;
use rallypoint::{
    Client, Error,
    protocol::{
        FriendshipId, InviteId, SessionCode, User, UserId,
        auth::Register,
        invite::{ChallengeSent, InviteAnswer, InviteResponded, InviteSent, InviteTrace},
        matchmaking::{QueueLeft, QueueState},
        session::{CreateSession, GameAccess, GameOptions, Session},
        social::{Friend, FriendSuggestion},
    },
};

/// A wish, carried out in the background. All but [`Shown`](Self::Shown) and [`OpenLink`](Self::OpenLink) are
/// answered by one [`RallypointReply`] in a later frame.
#[derive(Message, Clone, Debug)]
pub enum RallypointCommand {
    SignIn(SignIn),
    SignOut,
    /// People whose name begins with the text; everybody for an empty one.
    FindUsers {
        search: String,
    },
    /// What the user says of itself, at most 256 bytes.
    SetStatus(Option<String>),
    CreateSession(CreateSession),
    JoinSession(SessionCode),
    LeaveSession(SessionCode),
    CloseSession(SessionCode),
    /// A fresh connect token for the session's game.
    EnterGame(SessionCode),
    Invite {
        receiver: UserId,
        session: SessionCode,
    },
    CancelInvite(InviteId),
    Accept(InviteId),
    Decline(InviteId),
    /// The invite is on the screen; tells the sender, once.
    Shown(InviteId),
    /// What became of an invite that one has sent or received, step by step.
    TraceInvite(InviteId),
    /// Asks for somebody's friendship; accepts at once if that one has asked first.
    RequestFriend(Whom),
    AcceptFriend(FriendshipId),
    DeclineFriend(FriendshipId),
    /// Ends a friendship, or takes one's own request back.
    RemoveFriend(FriendshipId),
    /// Ends whatever there is with somebody, and keeps that one away.
    Block(UserId),
    Unblock(UserId),
    /// Whom one has blocked.
    FindBlocked,
    /// Friends of friends.
    SuggestFriends,
    /// The maps that a challenge can be about.
    FindMaps,
    /// Invites a friend to a match on a map.
    Challenge {
        friend: UserId,
        map: String,
    },
    /// A place in the matchmaking queue, for whoever wants the same or leaves it open.
    JoinQueue(GameOptions),
    /// Leaves the queue; a match that was found is forfeited.
    LeaveQueue,
    /// Where one stands, with a fresh connect token while there is a match.
    AskQueue,
    /// A `rallypoint://join/CODE` link. Becomes [`JoinRequested`](crate::JoinRequested) once signed in.
    OpenLink(String),
}

/// The ways to sign in.
#[derive(Clone, Debug)]
pub enum SignIn {
    Guest { display_name: Option<String> },
    Login { username: String, password: String },
    Register(Register),
    Resume { refresh_token: String },
}

/// The ways to name somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    User(UserId),
    Username(String),
}

/// The answer to a [`RallypointCommand`].
#[derive(Message, Debug)]
pub enum RallypointReply {
    SignedIn(Result<User, Error>),
    SignedOut(Result<(), Error>),
    UsersFound {
        search: String,
        result: Result<Vec<User>, Error>,
    },
    StatusSet(Result<(), Error>),
    SessionCreated(Result<Session, Error>),
    SessionJoined {
        code: SessionCode,
        result: Result<Session, Error>,
    },
    SessionLeft {
        code: SessionCode,
        result: Result<(), Error>,
    },
    SessionClosed {
        code: SessionCode,
        result: Result<(), Error>,
    },
    GameEntered {
        code: SessionCode,
        result: Result<GameAccess, Error>,
    },
    InviteSent {
        receiver: UserId,
        session: SessionCode,
        result: Result<InviteSent, Error>,
    },
    InviteCancelled {
        invite_id: InviteId,
        result: Result<(), Error>,
    },
    /// After an accept, `result` holds the game's address and connect token.
    InviteAnswered {
        invite_id: InviteId,
        answer: InviteAnswer,
        result: Result<InviteResponded, Error>,
    },
    InviteTraced {
        invite_id: InviteId,
        result: Result<InviteTrace, Error>,
    },
    /// [`Roster`](crate::Roster) knows of it already, as with all that follows about friends.
    FriendRequested {
        whom: Whom,
        result: Result<Friend, Error>,
    },
    FriendAccepted {
        friendship_id: FriendshipId,
        result: Result<Friend, Error>,
    },
    FriendDeclined {
        friendship_id: FriendshipId,
        result: Result<(), Error>,
    },
    FriendRemoved {
        friendship_id: FriendshipId,
        result: Result<(), Error>,
    },
    Blocked {
        user: UserId,
        result: Result<(), Error>,
    },
    Unblocked {
        user: UserId,
        result: Result<(), Error>,
    },
    BlockedFound(Result<Vec<User>, Error>),
    FriendsSuggested(Result<Vec<FriendSuggestion>, Error>),
    MapsFound(Result<Vec<String>, Error>),
    /// Once [`SentInviteChanged`](crate::SentInviteChanged) tells that it is accepted, its `session_code` leads into
    /// the match by [`EnterGame`](RallypointCommand::EnterGame).
    Challenged {
        friend: UserId,
        map: String,
        result: Result<ChallengeSent, Error>,
    },
    QueueJoined(Result<QueueState, Error>),
    QueueLeft(Result<QueueLeft, Error>),
    QueueAsked(Result<QueueState, Error>),
}

impl RallypointCommand {
    /// Carries the command out. `None` for those that need no answer.
    pub(crate) async fn run(self, client: &Client) -> Option<RallypointReply> {
        use RallypointReply as Reply;
        Some(match self {
            Self::SignIn(how) => Reply::SignedIn(match how {
                SignIn::Guest { display_name } => client.guest(display_name.as_deref()).await,
                SignIn::Login { username, password } => client.login(&username, &password).await,
                SignIn::Register(register) => client.register(register).await,
                SignIn::Resume { refresh_token } => client.resume(&refresh_token).await,
            }),
            Self::SignOut => Reply::SignedOut(client.logout().await),
            Self::FindUsers { search } => {
                let result = client.find_users(&search).await;
                Reply::UsersFound { search, result }
            }
            Self::SetStatus(status) => Reply::StatusSet(client.presence().set_status(status).await),
            Self::CreateSession(create) => Reply::SessionCreated(client.sessions().create(create).await),
            Self::JoinSession(code) => Reply::SessionJoined { code, result: client.sessions().join(code).await },
            Self::LeaveSession(code) => Reply::SessionLeft { code, result: client.sessions().leave(code).await },
            Self::CloseSession(code) => Reply::SessionClosed { code, result: client.sessions().close(code).await },
            Self::EnterGame(code) => Reply::GameEntered { code, result: client.sessions().access(code).await },
            Self::Invite { receiver, session } => {
                Reply::InviteSent { receiver, session, result: client.invites().send(receiver, session).await }
            }
            Self::CancelInvite(invite_id) => {
                Reply::InviteCancelled { invite_id, result: client.invites().cancel(invite_id).await }
            }
            Self::Accept(invite_id) => Reply::InviteAnswered {
                invite_id,
                answer: InviteAnswer::Accept,
                result: client.invites().accept(invite_id).await,
            },
            Self::Decline(invite_id) => Reply::InviteAnswered {
                invite_id,
                answer: InviteAnswer::Decline,
                result: client.invites().decline(invite_id).await,
            },
            Self::TraceInvite(invite_id) => {
                Reply::InviteTraced { invite_id, result: client.invites().trace(invite_id).await }
            }
            Self::RequestFriend(whom) => {
                let result = match &whom {
                    Whom::User(user) => client.friends().request_user(*user).await,
                    Whom::Username(name) => client.friends().request(name).await,
                };
                Reply::FriendRequested { whom, result }
            }
            Self::AcceptFriend(friendship_id) => {
                Reply::FriendAccepted { friendship_id, result: client.friends().accept(friendship_id).await }
            }
            Self::DeclineFriend(friendship_id) => {
                Reply::FriendDeclined { friendship_id, result: client.friends().decline(friendship_id).await }
            }
            Self::RemoveFriend(friendship_id) => {
                Reply::FriendRemoved { friendship_id, result: client.friends().remove(friendship_id).await }
            }
            Self::Block(user) => Reply::Blocked { user, result: client.friends().block(user).await },
            Self::Unblock(user) => Reply::Unblocked { user, result: client.friends().unblock(user).await },
            Self::FindBlocked => Reply::BlockedFound(client.friends().blocked().await),
            Self::SuggestFriends => Reply::FriendsSuggested(client.friends().suggestions().await),
            Self::FindMaps => Reply::MapsFound(client.friends().maps().await),
            Self::Challenge { friend, map } => {
                let result = client.friends().challenge(friend, &map).await;
                Reply::Challenged { friend, map, result }
            }
            Self::JoinQueue(options) => Reply::QueueJoined(client.matchmaking().join(options).await),
            Self::LeaveQueue => Reply::QueueLeft(client.matchmaking().leave().await),
            Self::AskQueue => Reply::QueueAsked(client.matchmaking().status().await),
            Self::Shown(invite_id) => {
                client.invites().shown(invite_id);
                return None;
            }
            Self::OpenLink(uri) => {
                if let Err(error) = client.open_link(&uri) {
                    warn!("the link {uri:?} leads nowhere: {error}");
                }
                return None;
            }
        })
    }
}
