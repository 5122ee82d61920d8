//! The first screen: a name, and in.

use bevy::prelude::*;
use bevy_rallypoint::{RallypointCommand, RallypointReply, SignIn, SignedOut};

use crate::{
    Options, Screen,
    field::{Field, Submitted, spawn_field},
    toast::{Toast, advice},
    tokens::*,
    ui::{Fonts, Press, Weight, button, card, column, row},
};

#[derive(Component)]
pub struct NameField;

#[derive(Component)]
struct Notice;

/// A sign-in is under way.
#[derive(Resource, Default)]
struct Busy(bool);

/// The player wants in, with the name in the field.
#[derive(Message)]
pub struct Enter;

pub struct SignInPlugin;

impl Plugin for SignInPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Busy>()
            .add_message::<Enter>()
            .add_systems(OnEnter(Screen::SignIn), draw)
            .add_systems(Update, (enter, follow).chain().run_if(in_state(Screen::SignIn)))
            // After everything that leads to another screen.
            .add_systems(PostUpdate, signed_out);
    }
}

fn draw(
    fonts: Res<Fonts>,
    options: Res<Options>,
    mut begun: Local<bool>,
    mut commands: Commands,
    mut enter: MessageWriter<Enter>,
) {
    let screen = Node {
        width: percent(100),
        height: percent(100),
        justify_content: JustifyContent::Center,
        align_items: AlignItems::Center,
        ..column(0.0)
    };
    let name = options.cli.name.clone().unwrap_or_default();
    // Whoever has signed out wants to be asked.
    if !std::mem::replace(&mut *begun, true) && !name.is_empty() {
        enter.write(Enter);
    }
    commands.spawn((DespawnOnExit(Screen::SignIn), screen)).with_children(|screen| {
        screen.spawn(card(Node { width: px(400), padding: px(32).all(), ..column(24.0) })).with_children(|body| {
            body.spawn(column(4.0)).with_children(|head| {
                wordmark(head, &fonts, TITLE);
                head.spawn(fonts.text("Pong against whoever invites you", BODY - 1.0, QUIET));
            });
            body.spawn(column(8.0)).with_children(|form| {
                form.spawn(fonts.strong("Your name", SMALL, TEXT));
                let field = Field { text: name, hint: "Zoe".into(), longest: 24, focused: true, ..default() };
                let entity = spawn_field(form, &fonts, field, Node { width: percent(100), ..default() });
                form.commands().entity(entity).insert(NameField).observe(
                    |_: On<Submitted>, mut enter: MessageWriter<Enter>| {
                        enter.write(Enter);
                    },
                );
                form.spawn((fonts.text("Others find and invite you by it.", SMALL, QUIET), Notice));
            });
            button(body, &fonts, "Play as a guest", Weight::Filled, |_: On<Press>, mut enter: MessageWriter<Enter>| {
                enter.write(Enter);
            });
            let server = options.server.trim_start_matches("http://").to_owned();
            let where_to = match options.cli.server {
                Some(_) => format!("Server {server}"),
                None => format!("Own server at {server}, with four bots"),
            };
            body.spawn(fonts.text(where_to, SMALL, QUIET));
        });
    });
}

/// The product's name with its mark: a ball and its way over the net.
pub fn wordmark(parent: &mut ChildSpawnerCommands, fonts: &Fonts, size: f32) {
    parent.spawn(row(size * 0.4)).with_children(|line| {
        line.spawn(row(size * 0.12)).with_children(|mark| {
            let bar = |colour| {
                let node = Node {
                    width: px(size * 0.16),
                    height: px(size * 0.8),
                    border_radius: BorderRadius::MAX,
                    ..default()
                };
                (node, BackgroundColor(colour))
            };
            let ball =
                Node { width: px(size * 0.26), height: px(size * 0.26), border_radius: BorderRadius::MAX, ..default() };
            mark.spawn(bar(WARM));
            mark.spawn((ball, BackgroundColor(TEXT)));
            mark.spawn(bar(COOL));
        });
        line.spawn((fonts.strong("Rallypoint", size, TEXT), TextLayout::no_wrap()));
    });
}

fn enter(
    mut wishes: MessageReader<Enter>,
    mut busy: ResMut<Busy>,
    field: Query<&Field, With<NameField>>,
    mut notice: Query<(&mut Text, &mut TextColor), With<Notice>>,
    mut commands: MessageWriter<RallypointCommand>,
) {
    if wishes.read().count() == 0 || busy.0 {
        return;
    }
    let name = field.single().map(|field| field.text.trim().to_owned()).unwrap_or_default();
    let display_name = Some(if name.is_empty() { "Zoe".into() } else { name });
    busy.0 = true;
    if let Ok((mut text, mut colour)) = notice.single_mut() {
        text.0 = "Signing in".into();
        colour.0 = QUIET;
    }
    commands.write(RallypointCommand::SignIn(SignIn::Guest { display_name }));
}

fn follow(
    mut replies: MessageReader<RallypointReply>,
    mut busy: ResMut<Busy>,
    mut notice: Query<(&mut Text, &mut TextColor), With<Notice>>,
    mut next: ResMut<NextState<Screen>>,
) {
    for reply in replies.read() {
        let RallypointReply::SignedIn(result) = reply else { continue };
        busy.0 = false;
        match result {
            Ok(_) => next.set(Screen::Lobby),
            Err(error) => {
                if let Ok((mut text, mut colour)) = notice.single_mut() {
                    text.0 = format!("Not signed in: {}.", advice(error));
                    colour.0 = RED;
                }
            }
        }
    }
}

fn signed_out(
    mut ended: MessageReader<SignedOut>,
    mut toasts: MessageWriter<Toast>,
    mut next: ResMut<NextState<Screen>>,
) {
    for end in ended.read() {
        toasts.write(Toast::bad(end.error.message.clone()));
        next.set(Screen::SignIn);
    }
}

#[cfg(test)]
mod tests {
    use bevy::state::app::StatesPlugin;

    use super::*;

    #[test]
    fn the_name_of_the_command_line_signs_in_once() {
        let cli = crate::Cli { name: Some("Zoe".into()), ..default() };
        let fonts = Fonts { medium: Handle::default(), strong: Handle::default() };
        let mut app = App::new();
        app.add_plugins((MinimalPlugins, StatesPlugin))
            .insert_resource(Options { cli, server: String::new(), started: std::time::Instant::now() })
            .insert_resource(fonts)
            .init_state::<Screen>()
            .add_message::<RallypointCommand>()
            .add_message::<RallypointReply>()
            .add_message::<SignedOut>()
            .add_message::<Toast>()
            .add_plugins(SignInPlugin);
        let mut signs_in = || {
            app.world_mut().resource_mut::<NextState<Screen>>().set(Screen::SignIn);
            app.update();
            app.world_mut().resource_mut::<Busy>().0 = false;
            let sent = app.world_mut().resource_mut::<Messages<RallypointCommand>>().drain().count();
            app.world_mut().resource_mut::<NextState<Screen>>().set(Screen::Lobby);
            app.update();
            sent
        };
        assert_eq!(signs_in(), 1);
        assert_eq!(signs_in(), 0, "after a sign-out it waits");
    }
}
