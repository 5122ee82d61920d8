//! The lobby: the rail at the left, what to do in the middle, the friends at the right.

use bevy::prelude::*;
use bevy_rallypoint::{Rallypoint, shorten};
use rallypoint::protocol::{SessionCode, session::GameSpeed};

use crate::{
    Options, Screen,
    field::{Field, Submitted, spawn_field},
    friends::spawn_friends,
    game::StartPractice,
    quick::{Notice, Quick, QuickWish, Wanted, spawn_queue_view},
    rail::spawn_rail,
    session::{Host, JoinByCode, MySession, Outgoing, Progress, StopHosting},
    toast::Toast,
    tokens::*,
    ui::{Fonts, Press, Weight, avatar, button, card, column, row},
};

#[derive(Component)]
struct Centre;

#[derive(Component)]
struct CodeField;

/// Shown where there is room for it.
#[derive(Component)]
struct Hint;

/// The least height of a window, in logical pixels, that has room for the hint.
const HINT_FROM: f32 = 700.0;

pub struct LobbyPlugin;

impl Plugin for LobbyPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(OnEnter(Screen::Lobby), draw).add_systems(
            Update,
            (
                show_hint.run_if(in_state(Screen::Lobby)),
                draw_centre.run_if(
                    in_state(Screen::Lobby).and_then(
                        resource_changed::<MySession>
                            .or_else(resource_changed::<Outgoing>)
                            .or_else(resource_changed::<Wanted>)
                            .or_else(resource_changed::<Notice>)
                            .or_else(queued_changed),
                    ),
                ),
            ),
        );
    }
}

fn show_hint(window: Single<&Window>, mut hints: Query<&mut Node, With<Hint>>) {
    let display = if window.height() >= HINT_FROM { Display::Flex } else { Display::None };
    for mut node in hints.iter_mut().filter(|node| node.display != display) {
        node.display = display;
    }
}

/// One has begun or ceased to wait.
fn queued_changed(quick: Res<Quick>, mut was_out: Local<bool>) -> bool {
    std::mem::replace(&mut *was_out, quick.is_out()) != quick.is_out()
}

fn draw(
    fonts: Res<Fonts>,
    client: Res<Rallypoint>,
    options: Res<Options>,
    mut session: ResMut<MySession>,
    mut commands: Commands,
) {
    let screen = Node { width: percent(100), height: percent(100), ..default() };
    commands.spawn((DespawnOnExit(Screen::Lobby), screen)).with_children(|screen| {
        spawn_rail(screen, &fonts, &client, &options);
        let centre = Node {
            flex_grow: 1.0,
            flex_basis: px(0),
            min_width: px(0),
            height: percent(100),
            padding: px(32).all(),
            overflow: Overflow::clip(),
            ..column(12.0)
        };
        screen.spawn((centre, Centre));
        spawn_friends(screen, &fonts);
    });
    session.set_changed();
}

#[expect(clippy::too_many_arguments, reason = "a system's arguments are what it touches")]
fn draw_centre(
    centre: Query<Entity, With<Centre>>,
    fonts: Res<Fonts>,
    session: Res<MySession>,
    outgoing: Res<Outgoing>,
    (quick, wanted, notice): (Res<Quick>, Res<Wanted>, Res<Notice>),
    client: Res<Rallypoint>,
    options: Res<Options>,
    mut commands: Commands,
) {
    let Ok(centre) = centre.single() else { return };
    let name = client.user().map(|user| user.display_name).unwrap_or_default();
    let mut centre = commands.entity(centre);
    centre.despawn_related::<Children>();
    centre.with_children(|centre| {
        let (title, line) = match &session.0 {
            _ if !quick.is_out() => ("Looking for an opponent".into(), "The match starts as soon as one is found."),
            None => (format!("Ready, {}?", shorten(&name, 8.0)), "Wait for an invite, or start something."),
            Some(_) => ("Your court is open".into(), "The match starts as soon as somebody joins."),
        };
        centre.spawn(column(4.0)).with_children(|head| {
            head.spawn(fonts.strong(title, TITLE, TEXT));
            head.spawn(fonts.text(line, BODY - 1.0, QUIET));
        });
        match &session.0 {
            _ if !quick.is_out() => spawn_queue_view(centre, &fonts, *wanted, &notice),
            None => actions(centre, &fonts, &options, *wanted),
            Some(session) => hosting(centre, &fonts, session.session_code, &client, &outgoing),
        }
    });
}

fn action<'a>(centre: &'a mut ChildSpawnerCommands, fonts: &Fonts, title: &str, words: &str) -> EntityCommands<'a> {
    let node = Node {
        width: percent(100),
        max_width: px(560),
        padding: UiRect::axes(px(20), px(13)),
        column_gap: px(16),
        flex_shrink: 0.0,
        align_items: AlignItems::Center,
        justify_content: JustifyContent::SpaceBetween,
        ..default()
    };
    let mut body = centre.spawn(card(node));
    body.with_children(|body| {
        body.spawn(Node { flex_shrink: 1.0, ..column(4.0) }).with_children(|text| {
            text.spawn(fonts.strong(title, BODY + 2.0, TEXT));
            text.spawn(fonts.text(words, SMALL + 1.0, QUIET));
        });
    });
    body
}

fn actions(centre: &mut ChildSpawnerCommands, fonts: &Fonts, options: &Options, wanted: Wanted) {
    quick_match(centre, fonts, wanted);
    action(centre, fonts, "Host a session", "Open a court, then invite somebody.").with_children(|body| {
        button(body, fonts, "Host", Weight::Quiet, |_: On<Press>, mut host: MessageWriter<Host>| {
            host.write(Host);
        });
    });
    action(centre, fonts, "Practise", "Against the computer, alone.").with_children(|body| {
        button(body, fonts, "Practise", Weight::Quiet, |_: On<Press>, mut start: MessageWriter<StartPractice>| {
            start.write(StartPractice);
        });
    });
    action(centre, fonts, "Join by code", "The host sees it.").with_children(|body| {
        body.spawn(row(8.0)).with_children(|line| {
            let field = Field { hint: "K7QX2M".into(), longest: SessionCode::LEN, ..default() };
            let entity = spawn_field(line, fonts, field, Node { width: px(96), ..default() });
            line.commands().entity(entity).insert(CodeField).observe(
                |_: On<Submitted>,
                 fields: Query<&Field, With<CodeField>>,
                 join: MessageWriter<JoinByCode>,
                 toasts: MessageWriter<Toast>| { join_typed(fields, join, toasts) },
            );
            button(
                line,
                fonts,
                "Join",
                Weight::Quiet,
                |_: On<Press>,
                 fields: Query<&Field, With<CodeField>>,
                 join: MessageWriter<JoinByCode>,
                 toasts: MessageWriter<Toast>| { join_typed(fields, join, toasts) },
            );
        });
    });
    let hint = Node { max_width: px(560), padding: UiRect::axes(px(20), px(8)), ..column(6.0) };
    centre.spawn((Hint, hint)).with_children(|hint| {
        hint.spawn(fonts.strong("Play against yourself", SMALL + 1.0, TEXT));
        hint.spawn(fonts.text("Start a second copy in a terminal, then invite it:", SMALL, QUIET));
        let command = format!("rallypoint-demo --name Sam --server {}", options.server);
        hint.spawn(fonts.text(command, SMALL, WARM));
    });
}

fn quick_match(centre: &mut ChildSpawnerCommands, fonts: &Fonts, wanted: Wanted) {
    let words =
        if wanted.ranked { "Against whoever waits, for your rating." } else { "Against whoever waits, for fun." };
    let node = Node {
        width: percent(100),
        max_width: px(560),
        flex_shrink: 0.0,
        padding: UiRect::axes(px(20), px(16)),
        ..column(12.0)
    };
    let mut body = centre.spawn(card(node));
    body.insert(BorderColor::all(WARM.with_alpha(0.45)));
    body.with_children(|body| {
        let head = Node { justify_content: JustifyContent::SpaceBetween, ..row(16.0) };
        body.spawn(head).with_children(|head| {
            let text = Node { flex_grow: 1.0, flex_basis: px(0), min_width: px(0), ..column(4.0) };
            head.spawn(text).with_children(|text| {
                text.spawn(fonts.strong("Quick match", BODY + 4.0, TEXT));
                text.spawn(fonts.text(words, SMALL + 1.0, QUIET));
            });
            let join = |_: On<Press>, mut wishes: MessageWriter<QuickWish>| {
                wishes.write(QuickWish::Join);
            };
            button(head, fonts, "Quick match", Weight::Filled, join);
        });
        let choices = Node { flex_wrap: FlexWrap::Wrap, row_gap: px(8), ..row(8.0) };
        body.spawn(choices).with_children(|line| {
            let ranked = if wanted.ranked { "Ranked: yes" } else { "Ranked: no" };
            button(line, fonts, ranked, Weight::Small, |_: On<Press>, mut wanted: ResMut<Wanted>| {
                wanted.ranked = !wanted.ranked;
            });
            button(line, fonts, speed_word(wanted.speed), Weight::Small, |_: On<Press>, mut wanted: ResMut<Wanted>| {
                wanted.speed = match wanted.speed {
                    None => Some(GameSpeed::Slow),
                    Some(GameSpeed::Slow) => Some(GameSpeed::Medium),
                    Some(GameSpeed::Medium) => Some(GameSpeed::Fast),
                    Some(GameSpeed::Fast) => None,
                };
            });
            let cool = match wanted.cool_mode {
                None => "Cool: any",
                Some(true) => "Cool: on",
                Some(false) => "Cool: off",
            };
            button(line, fonts, cool, Weight::Small, |_: On<Press>, mut wanted: ResMut<Wanted>| {
                wanted.cool_mode = match wanted.cool_mode {
                    None => Some(true),
                    Some(true) => Some(false),
                    Some(false) => None,
                };
            });
        });
    });
}

fn speed_word(speed: Option<GameSpeed>) -> &'static str {
    match speed {
        None => "Speed: any",
        Some(GameSpeed::Slow) => "Speed: slow",
        Some(GameSpeed::Medium) => "Speed: medium",
        Some(GameSpeed::Fast) => "Speed: fast",
    }
}

fn join_typed(
    fields: Query<&Field, With<CodeField>>,
    mut join: MessageWriter<JoinByCode>,
    mut toasts: MessageWriter<Toast>,
) {
    let Ok(field) = fields.single() else { return };
    match field.text.trim().parse() {
        Ok(code) => {
            join.write(JoinByCode(code));
        }
        Err(_) => {
            toasts.write(Toast::bad("A code has six letters and digits, like K7QX2M. Ask the host for it."));
        }
    }
}

fn hosting(
    centre: &mut ChildSpawnerCommands,
    fonts: &Fonts,
    code: SessionCode,
    client: &Rallypoint,
    outgoing: &Outgoing,
) {
    let me = client.user().map(|user| user.full_name()).unwrap_or_default();
    centre.spawn(card(Node { max_width: px(560), padding: px(24).all(), ..column(20.0) })).with_children(|body| {
        body.spawn(Node { justify_content: JustifyContent::SpaceBetween, ..row(16.0) }).with_children(|head| {
            head.spawn(column(2.0)).with_children(|words| {
                words.spawn(fonts.text("Code", SMALL, QUIET));
                words.spawn(fonts.strong(code.as_str(), TITLE, WARM));
                words.spawn(fonts.text(format!("rallypoint://join/{code}"), SMALL, QUIET));
            });
            button(head, fonts, "Close", Weight::Quiet, |_: On<Press>, mut stop: MessageWriter<StopHosting>| {
                stop.write(StopHosting);
            });
        });
        body.spawn(row(16.0)).with_children(|seats| {
            seat(seats, fonts, Some(&me), "You", WARM);
            seats.spawn(fonts.strong("vs", SMALL, QUIET));
            seat(seats, fonts, None, "Free: invite somebody", COOL);
        });
        for invite in outgoing.0.iter().rev().take(4).rev() {
            let (words, colour) = progress_word(&invite.progress);
            let line = Node { justify_content: JustifyContent::SpaceBetween, ..row(12.0) };
            body.spawn(line).with_children(|line| {
                line.spawn(row(8.0)).with_children(|who| {
                    who.spawn(avatar(fonts, &invite.name, 24.0));
                    who.spawn((fonts.text(shorten(&invite.name, 14.0), SMALL + 1.0, TEXT), TextLayout::no_wrap()));
                });
                line.spawn(fonts.strong(words, SMALL, colour));
            });
        }
    });
}

fn seat(seats: &mut ChildSpawnerCommands, fonts: &Fonts, name: Option<&str>, words: &str, colour: Color) {
    let node = Node {
        height: px(64),
        padding: px(12).all(),
        flex_grow: 1.0,
        flex_basis: px(0),
        border: px(1).all(),
        border_radius: BorderRadius::all(px(8)),
        ..row(10.0)
    };
    let taken = name.is_some();
    let border = BorderColor::all(colour.with_alpha(if taken { 0.7 } else { 0.25 }));
    seats.spawn((node, border, BackgroundColor(GROUND.with_alpha(0.5)))).with_children(|seat| {
        if let Some(name) = name {
            seat.spawn(avatar(fonts, name, 32.0));
        }
        seat.spawn(fonts.text(words, SMALL + 1.0, if taken { TEXT } else { QUIET }));
    });
}

/// An invite's progress in a word and a colour.
pub fn progress_word(progress: &Progress) -> (String, Color) {
    match progress {
        Progress::Sending => ("Sending".into(), QUIET),
        Progress::Sent => ("Invited".into(), WARM),
        Progress::Seen => ("Seen".into(), COOL),
        Progress::Accepted => ("Accepted".into(), GREEN),
        Progress::Over(words) => (words.clone(), QUIET),
    }
}
