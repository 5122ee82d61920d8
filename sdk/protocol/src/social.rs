//! Friends, chat and notifications.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ChatId, FriendshipId, MessageId, NotificationId, Timestamp, User, UserId, presence::Presence};

/// `friend:request`, `friend:asked` (the same request, to the devices of who asks) and `friend:accepted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FriendUpdate {
    pub friendship_id: FriendshipId,
    pub user: User,
}

/// `friend:removed`, to both: a friendship or a request has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FriendRemoved {
    pub friendship_id: FriendshipId,
    /// The other one.
    pub user_id: UserId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FriendshipStatus {
    Pending,
    Accepted,
}

/// A row of `GET /friends/` and `GET /friends/requests/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Friend {
    pub friendship_id: FriendshipId,
    pub status: FriendshipStatus,
    /// Whether the other one asked.
    pub incoming: bool,
    /// When it was asked for, or accepted.
    pub since: Timestamp,
    pub user: User,
    /// Of friends, not of those who only asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Presence>,
}

/// `POST /friends/requests/`. Names one person, in one of two ways.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestFriend {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "userId")]
    pub user_id: Option<UserId>,
}

/// A row of `GET /friends/suggestions/`: a friend of friends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FriendSuggestion {
    pub user: User,
    /// How many friends one has in common.
    pub mutual_friends: u32,
}

/// `chat:send`. Names the chat or the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendChat {
    #[serde(flatten)]
    pub to: ChatTarget,
    /// At most 2,000 characters.
    pub content: String,
    /// Chosen by the client, at most 64 characters; a repeat is answered with the first message.
    pub client_msg_id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatTarget {
    ChatId(ChatId),
    UserId(UserId),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    pub id: MessageId,
    pub chat_id: ChatId,
    pub sender_id: UserId,
    pub content: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_msg_id: Option<String>,
    pub created_at: Timestamp,
    #[serde(default)]
    pub is_read: bool,
    #[serde(default)]
    pub is_liked: bool,
}

/// `chat:message`, and `chat:send:success`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatDelivered {
    pub message: ChatMessage,
}

/// `chat:read`, both ways: everything up to and including the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatRead {
    pub chat_id: ChatId,
    pub message_id: MessageId,
}

/// `chat:typing`, both ways; `user_id` is filled in by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatTyping {
    pub chat_id: ChatId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    pub typing: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    pub id: NotificationId,
    pub action: String,
    pub data: Value,
    pub is_read: bool,
}

/// `notification`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notified {
    pub notification: Notification,
}
