//! Doing what the roster of friends wants done.

use std::time::Instant;

use rallypoint_core::roster;
use rallypoint_protocol::ErrorCode;

use super::{Command, Driver, Friendships, shared::Shared};
use crate::{Error, Event, friends};

impl Driver {
    /// Whether the roster wanted anything.
    pub(super) fn do_for_roster(&mut self) -> bool {
        let outputs: Vec<_> = std::iter::from_fn(|| self.roster.poll_output()).collect();
        if outputs.is_empty() {
            return false;
        }
        // Who reads of a change finds it in the list.
        if outputs.iter().any(|output| *output != roster::Output::Ask) {
            self.shared.show_friends(self.roster.list());
        }
        for output in outputs {
            match output {
                roster::Output::Ask => self.ask_for_friends(),
                roster::Output::Requested(friend) => {
                    tracing::info!(friendship_id = %friend.friendship_id.0, "a friend request");
                    self.publish(Event::FriendRequested(friend));
                }
                roster::Output::Accepted(friend) => {
                    tracing::info!(friendship_id = %friend.friendship_id.0, "a new friend");
                    self.publish(Event::FriendAccepted(friend));
                }
                roster::Output::Removed(friend) => {
                    tracing::info!(friendship_id = %friend.friendship_id.0, "a friendship has ended");
                    self.publish(Event::FriendRemoved(friend));
                }
                roster::Output::Presence(presence) => self.publish(Event::PresenceChanged(presence)),
                roster::Output::Changed => self.publish(Event::FriendsChanged),
            }
        }
        true
    }

    pub(super) fn friends_listed(&mut self, now: Instant, began: Instant, result: Result<Friendships, Error>) {
        let input = match result {
            Ok(Friendships { requests, friends, complete }) => {
                roster::Input::Listed { began, requests, friends, complete }
            }
            // A server without friends.
            Err(error) if error.code() == Some(ErrorCode::NotFound) => {
                roster::Input::Listed { began, requests: Vec::new(), friends: Vec::new(), complete: true }
            }
            Err(error) => {
                tracing::debug!(%error, "the friends could not be asked about");
                roster::Input::Failed
            }
        };
        self.roster.handle_input(now, input);
    }

    fn ask_for_friends(&mut self) {
        let Some(login) = self.login else { return };
        self.work(login, |shared| async move {
            let began = Instant::now();
            Command::FriendsListed { began, result: fetch(&shared).await }
        });
    }
}

/// The requests first: what is accepted in between is in both lists, otherwise in none.
async fn fetch(shared: &Shared) -> Result<Friendships, Error> {
    let (requests, all_requests) = friends::requests(&shared.rest).await?;
    let (friends, all_friends) = friends::list(&shared.rest).await?;
    Ok(Friendships { requests, friends, complete: all_requests && all_friends })
}
