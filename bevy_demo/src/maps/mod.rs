//! The maps that a challenge can be about, each with a picture that is drawn here.

mod look;
mod picture;

use std::collections::HashMap;

use bevy::prelude::*;
use bevy_rallypoint::{InviteQueueTheme, RallypointCommand, RallypointReply};

use crate::Screen;

pub use look::{Ball, Look, Stroke};

/// The server's maps, in its order.
#[derive(Resource)]
pub struct Maps {
    pub names: Vec<String>,
    pictures: HashMap<String, Handle<Image>>,
}

impl Maps {
    /// `None` for a map that this version does not know.
    pub fn picture(&self, name: &str) -> Option<Handle<Image>> {
        self.pictures.get(name).cloned()
    }
}

pub struct MapsPlugin;

impl Plugin for MapsPlugin {
    fn build(&self, app: &mut App) {
        let mut images = app.world_mut().resource_mut::<Assets<Image>>();
        let pictures = Look::ALL.map(|look| (look.name.to_owned(), images.add(picture::of(look)))).into();
        let names = Look::ALL.map(|look| look.name.to_owned()).into();
        app.insert_resource(Maps { names, pictures })
            .add_systems(Startup, |maps: Res<Maps>, mut theme: ResMut<InviteQueueTheme>| {
                theme.map_pictures.clone_from(&maps.pictures);
            })
            .add_systems(OnEnter(Screen::Lobby), |mut commands: MessageWriter<RallypointCommand>| {
                commands.write(RallypointCommand::FindMaps);
            })
            .add_systems(Update, learn);
    }
}

fn learn(mut replies: MessageReader<RallypointReply>, mut maps: ResMut<Maps>) {
    for reply in replies.read() {
        if let RallypointReply::MapsFound(Ok(names)) = reply
            && maps.names != *names
        {
            maps.names.clone_from(names);
        }
    }
}
