//! The friends as a resource.

use std::sync::Arc;

use bevy::prelude::*;
use rallypoint::{
    FriendList,
    protocol::{UserId, social::Friend},
};

use crate::{FriendsChanged, Rallypoint};

/// The friends and the requests for friendship, with everybody's presence. Changed only when they do.
#[derive(Resource, Clone, Debug, Default)]
pub struct Roster(pub(crate) Arc<FriendList>);

impl Roster {
    /// Newest first.
    pub fn friends(&self) -> &[Friend] {
        &self.0.friends
    }

    /// Who asks for one's friendship, newest first.
    pub fn incoming(&self) -> impl Iterator<Item = &Friend> {
        self.0.requests.iter().filter(|friend| friend.incoming)
    }

    /// Whose friendship one has asked for, newest first.
    pub fn outgoing(&self) -> impl Iterator<Item = &Friend> {
        self.0.requests.iter().filter(|friend| !friend.incoming)
    }

    /// What there is with somebody: a friendship, or a request in either direction.
    pub fn with(&self, user: UserId) -> Option<&Friend> {
        self.0.friends.iter().chain(&self.0.requests).find(|friend| friend.user.id == user)
    }

    /// Whether the server's lists have been read since the sign-in.
    pub fn fetched(&self) -> bool {
        self.0.fetched
    }

    pub(crate) fn replace(roster: &mut ResMut<Self>, list: Arc<FriendList>) {
        if roster.0 != list {
            roster.0 = list;
        }
    }
}

pub(crate) fn follow(mut changes: MessageReader<FriendsChanged>, client: Res<Rallypoint>, mut roster: ResMut<Roster>) {
    if changes.read().count() > 0 {
        Roster::replace(&mut roster, client.friends().state());
    }
}

#[cfg(test)]
mod tests {
    use rallypoint::protocol::{FriendshipId, Timestamp, User, social::FriendshipStatus};

    use super::*;

    fn friend(id: i64, status: FriendshipStatus, incoming: bool) -> Friend {
        let user = User {
            id: UserId(id),
            username: format!("user{id}"),
            display_name: format!("User {id}"),
            tag: "0001".into(),
            image_url: None,
            created_at: Timestamp(0),
            online: true,
        };
        Friend { friendship_id: FriendshipId(id), status, incoming, since: Timestamp(id), user, presence: None }
    }

    #[test]
    fn it_tells_what_there_is_with_somebody() {
        use FriendshipStatus::{Accepted, Pending};
        let roster = Roster(Arc::new(FriendList {
            friends: vec![friend(1, Accepted, true)],
            requests: vec![friend(3, Pending, false), friend(2, Pending, true)],
            fetched: true,
        }));
        let ids = |friends: Vec<&Friend>| friends.iter().map(|friend| friend.user.id.0).collect::<Vec<_>>();
        assert_eq!(ids(roster.friends().iter().collect()), [1]);
        assert_eq!(ids(roster.incoming().collect()), [2]);
        assert_eq!(ids(roster.outgoing().collect()), [3]);
        assert_eq!(roster.with(UserId(3)).map(|friend| friend.status), Some(Pending));
        assert!(roster.with(UserId(4)).is_none());
    }
}
