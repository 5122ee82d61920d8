//! `F3`: what the network is doing. `F4` there cuts it, to see what players in a tunnel see.

use std::fmt::Write;

use bevy::{prelude::*, time::common_conditions::on_timer};
use bevy_rallypoint::Rallypoint;
use bevy_renet::RenetClient;

use crate::{
    online::Online,
    rail::link_word,
    tokens::*,
    ui::{Fonts, Press, Weight, button, card, column},
};

#[derive(Component)]
struct Panel;

#[derive(Component)]
struct Figures;

#[derive(Component)]
struct Switch;

pub struct DebugPanelPlugin;

impl Plugin for DebugPanelPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(
            Update,
            (
                toggle,
                (switch_by_key, show, label_switch).chain().run_if(any_with_component::<Panel>),
                refresh.run_if(any_with_component::<Panel>.and_then(on_timer(std::time::Duration::from_millis(250)))),
            ),
        );
    }
}

fn toggle(
    keys: Res<ButtonInput<KeyCode>>,
    panels: Query<Entity, With<Panel>>,
    fonts: Res<Fonts>,
    mut commands: Commands,
) {
    if !keys.just_pressed(KeyCode::F3) {
        return;
    }
    if let Ok(panel) = panels.single() {
        commands.entity(panel).despawn();
        return;
    }
    let node = Node {
        position_type: PositionType::Absolute,
        left: px(24),
        bottom: px(72),
        width: px(264),
        padding: px(16).all(),
        ..column(12.0)
    };
    commands.spawn((Panel, card(node), GlobalZIndex(960))).with_children(|panel| {
        panel.spawn(fonts.strong("Network", BODY, TEXT));
        panel.spawn((fonts.text("", SMALL, QUIET), Figures));
        let switch =
            button(panel, &fonts, "Cut the network (F4)", Weight::Quiet, |_: On<Press>, client: Res<Rallypoint>| {
                throw(&client);
            });
        panel.commands().entity(switch).insert(Switch);
    });
}

fn throw(client: &Rallypoint) {
    let network = client.network();
    if network.is_cut() { network.restore() } else { network.cut() }
}

fn switch_by_key(keys: Res<ButtonInput<KeyCode>>, client: Res<Rallypoint>) {
    if keys.just_pressed(KeyCode::F4) {
        throw(&client);
    }
}

fn label_switch(client: Res<Rallypoint>, switches: Query<&Children, With<Switch>>, mut texts: Query<&mut Text>) {
    let word = if client.network().is_cut() { "Restore the network (F4)" } else { "Cut the network (F4)" };
    for label in switches.iter().flatten() {
        if let Ok(mut text) = texts.get_mut(*label)
            && text.0 != word
        {
            text.0 = word.into();
        }
    }
}

fn show(fresh: Query<(), Added<Panel>>, mut figures: Query<&mut Text, With<Figures>>) {
    if !fresh.is_empty() {
        for mut text in &mut figures {
            text.0 = "Measuring".into();
        }
    }
}

fn refresh(
    client: Res<Rallypoint>,
    renet: Option<Res<RenetClient>>,
    online: Option<Res<Online>>,
    time: Res<Time<Real>>,
    mut figures: Query<&mut Text, With<Figures>>,
) {
    let mut words = format!("Link: {}", link_word(client.link_state()).0);
    let frame = time.delta_secs().max(0.0001);
    let _ = write!(words, "\nFrame: {:.1} ms", frame * 1000.0);
    match renet {
        Some(renet) => {
            let _ = write!(
                words,
                "\nGame: {:.0} ms, {:.0} % lost\nUp {:.0} B/s, down {:.0} B/s",
                renet.rtt() * 1000.0,
                renet.packet_loss() * 100.0,
                renet.bytes_sent_per_sec(),
                renet.bytes_received_per_sec(),
            );
        }
        None => words.push_str("\nGame: none"),
    }
    if let Some(online) = online {
        let _ = write!(words, "\nReconnects: {}", online.comebacks);
    }
    for mut text in &mut figures {
        text.0.clone_from(&words);
    }
}
