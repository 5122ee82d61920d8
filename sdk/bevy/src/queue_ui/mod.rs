//! The ready invite queue: cards at the top right, newest in front.

mod card;
mod input;
mod stack;
mod text;
mod theme;

use bevy::prelude::*;

pub use card::{CardText, InviteCard};
pub use input::InviteQueueKeys;
pub use stack::{FrontInvite, InviteQueueExtent};
pub use text::{avatar_colour, initials, shorten};
pub use theme::InviteQueueTheme;

use crate::{InviteQueue, RallypointSystems};

/// Shows the invites as cards with a countdown, Accept and Decline.
///
/// Mouse, touch, keyboard (`A` accepts, `D` declines, `Tab` moves on, `Esc` tucks the queue away) and gamepad.
/// Look: [`InviteQueueTheme`]. Which keys listen: [`InviteQueueKeys`]. Needs
/// [`RallypointPlugin`](crate::RallypointPlugin).
pub struct InviteQueueUiPlugin;

/// The order of the plugin's work in `Update`.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InviteQueueUiSystems {
    /// Clicks, keys and buttons become commands.
    Input,
    /// Cards follow the queue.
    Cards,
    /// Cards move and count down.
    Motion,
}

impl Plugin for InviteQueueUiPlugin {
    fn build(&self, app: &mut App) {
        use InviteQueueUiSystems::{Cards, Input, Motion};
        app.init_resource::<InviteQueue>()
            .init_resource::<InviteQueueTheme>()
            .init_resource::<InviteQueueKeys>()
            .init_resource::<FrontInvite>()
            .init_resource::<InviteQueueExtent>()
            .configure_sets(Update, (Input, Cards, Motion).chain().after(RallypointSystems::Receive))
            .add_systems(Startup, stack::spawn_root)
            .add_systems(
                Update,
                (
                    (input::click, input::keys, input::gamepad, input::hover).in_set(Input),
                    (
                        stack::place_root.run_if(resource_changed::<InviteQueueTheme>),
                        stack::welcome,
                        stack::farewell,
                        stack::note_refusals,
                        stack::choose_front,
                        card::rebuild,
                        stack::show_pill,
                    )
                        .chain()
                        .in_set(Cards),
                    (stack::arrange, card::count_down, card::show_progress).in_set(Motion),
                ),
            );
    }
}
