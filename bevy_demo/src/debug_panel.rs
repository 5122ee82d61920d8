//! `F3`: what the network is doing, and what became of the last invite. There the network can be cut, unplugged for a
//! while or made worse, to see what players in a tunnel see.

use std::fmt::Write;

use bevy::{prelude::*, time::common_conditions::on_timer};
use bevy_rallypoint::Rallypoint;
use bevy_renet::RenetClient;

use crate::{
    network::{Network, UNPLUGGED},
    online::{Figures as Prediction, Online},
    rail::link_word,
    tokens::*,
    trace::{self, LastInvite},
    ui::{Fonts, Press, Weight, button, card, column},
};

#[derive(Component)]
struct Panel;

#[derive(Component)]
struct Figures;

#[derive(Component)]
struct TraceWords;

/// A button of the panel.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
enum Switch {
    Cut,
    Unplug,
    Quality,
}

pub struct DebugPanelPlugin;

impl Plugin for DebugPanelPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(
            Update,
            (
                toggle,
                (switch_by_key, show, label_switches).chain().run_if(any_with_component::<Panel>),
                (
                    trace::ask
                        .run_if(on_timer(std::time::Duration::from_secs(1)).or_else(any_match_filter::<Added<Panel>>)),
                    show_trace,
                )
                    .distributive_run_if(any_with_component::<Panel>),
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
        let lines = [
            (Switch::Cut, "Cut the network (F4)"),
            (Switch::Unplug, "Unplug for 10 s (F5)"),
            (Switch::Quality, "Network: good (F6)"),
        ];
        for (switch, words) in lines {
            let throw = move |_: On<Press>, client: Res<Rallypoint>, mut network: ResMut<Network>| {
                switch.throw(&client, &mut network);
            };
            let entity = button(panel, &fonts, words, Weight::Quiet, throw);
            panel.commands().entity(entity).insert(switch);
        }
        panel.spawn(fonts.strong("Last invite", BODY, TEXT));
        panel.spawn((fonts.text("", SMALL, QUIET), TraceWords));
    });
}

impl Switch {
    fn throw(self, client: &Rallypoint, network: &mut Network) {
        match self {
            Switch::Cut => network.throw_switch(client),
            Switch::Unplug => network.unplug(client),
            Switch::Quality => network.set_quality(network.quality().next()),
        }
    }

    fn label(self, client: &Rallypoint, network: &Network) -> String {
        match (self, network.unplugged_for()) {
            (Switch::Cut, _) if client.network().is_cut() => "Restore the network (F4)".into(),
            (Switch::Cut, _) => "Cut the network (F4)".into(),
            (Switch::Unplug, Some(left)) => format!("Unplugged for {:.0} s", left.as_secs_f32().ceil()),
            (Switch::Unplug, None) => format!("Unplug for {} s (F5)", UNPLUGGED.as_secs()),
            (Switch::Quality, _) => format!("Network: {} (F6)", network.quality().word()),
        }
    }
}

fn switch_by_key(keys: Res<ButtonInput<KeyCode>>, client: Res<Rallypoint>, mut network: ResMut<Network>) {
    for (key, switch) in [(KeyCode::F4, Switch::Cut), (KeyCode::F5, Switch::Unplug), (KeyCode::F6, Switch::Quality)] {
        if keys.just_pressed(key) {
            switch.throw(&client, &mut network);
        }
    }
}

fn label_switches(
    client: Res<Rallypoint>,
    network: Res<Network>,
    switches: Query<(&Switch, &Children)>,
    mut texts: Query<&mut Text>,
) {
    for (switch, children) in &switches {
        let words = switch.label(&client, &network);
        for label in children {
            if let Ok(mut text) = texts.get_mut(*label)
                && text.0 != words
            {
                text.0.clone_from(&words);
            }
        }
    }
}

fn show_trace(last: Res<LastInvite>, client: Res<Rallypoint>, mut words: Query<&mut Text, With<TraceWords>>) {
    let told = last.words(client.user().map(|user| user.id));
    for mut text in words.iter_mut().filter(|text| text.0 != told) {
        text.0.clone_from(&told);
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
    prediction: Res<Prediction>,
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
    if let Some(seen) = prediction.summary() {
        let _ = write!(
            words,
            "\nOwn paddle answers after {} frames\nBall off by {:.2} %, moved {:.2} %/s",
            seen.response,
            seen.ball * 100.0,
            seen.moved * 100.0,
        );
    }
    for mut text in &mut figures {
        text.0.clone_from(&words);
    }
}
