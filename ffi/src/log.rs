//! The library's log: the latest lines, to be taken out by the application.

use std::{
    collections::VecDeque,
    fmt::{self, Write},
    sync::{
        Once,
        atomic::{AtomicI32, Ordering},
    },
};

use parking_lot::Mutex;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::Interest,
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
};

use crate::{
    status::Failure,
    types::{RP_LOG_DEBUG, RP_LOG_ERROR, RP_LOG_INFO, RP_LOG_OFF, RP_LOG_TRACE, RP_LOG_WARN},
};

const MAX_LINES: usize = 1_024;
const MAX_BYTES: usize = 2_048;

static LEVEL: AtomicI32 = AtomicI32::new(RP_LOG_INFO);
static LINES: Mutex<VecDeque<Line>> = Mutex::new(VecDeque::new());
static INSTALLED: Once = Once::new();

pub(crate) struct Line {
    pub level: i32,
    pub text: String,
}

/// Starts to collect, once in the life of the process. In a program that collects its log itself, this stays empty.
pub(crate) fn install() {
    INSTALLED.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(Collector);
        if tracing::subscriber::set_global_default(subscriber).is_err() {
            tracing::debug!("the program has a log of its own");
        }
    });
}

pub(crate) fn set_level(level: i32) -> Result<(), Failure> {
    if !(RP_LOG_OFF..=RP_LOG_TRACE).contains(&level) {
        return Err(Failure::argument("a log level is 0 to 5"));
    }
    install();
    LEVEL.store(level, Ordering::Relaxed);
    Ok(())
}

/// Hands the oldest line to `use_it`, and forgets the line if that went well.
pub(crate) fn take(use_it: impl FnOnce(&Line) -> Result<(), Failure>) -> Result<i32, Failure> {
    let mut lines = LINES.lock();
    let Some(line) = lines.front() else { return Ok(0) };
    use_it(line)?;
    lines.pop_front();
    Ok(1)
}

/// Tests that look at the process's lines take turns.
#[cfg(test)]
pub(crate) static TURN: Mutex<()> = Mutex::new(());

fn push(line: Line) {
    let mut lines = LINES.lock();
    if lines.len() == MAX_LINES {
        lines.pop_front();
    }
    lines.push_back(line);
}

struct Collector;

/// The fields of a span, as they stand behind each of its lines.
struct SpanText(String);

impl<S> Layer<S> for Collector
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    /// Only our own crates promise to keep secrets out of their lines.
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target().starts_with("rallypoint") { Interest::sometimes() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        number(*metadata.level()) <= LEVEL.load(Ordering::Relaxed)
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut text = Text::default();
            attributes.record(&mut text);
            span.extensions_mut().insert(SpanText(text.fields));
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut text = Text::default();
            values.record(&mut text);
            if let Some(kept) = span.extensions_mut().get_mut::<SpanText>() {
                kept.0.push_str(&text.fields);
            }
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        let mut line = format!("{}: {}{}", event.metadata().target(), text.message, text.fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(kept) = span.extensions().get::<SpanText>() {
                line.push_str(&kept.0);
            }
        }
        if line.len() > MAX_BYTES {
            line.truncate(line.floor_char_boundary(MAX_BYTES - '…'.len_utf8()));
            line.push('…');
        }
        push(Line { level: number(*event.metadata().level()), text: line });
    }
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message.push_str(value);
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String can't fail.
        let _ = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            write!(self.fields, " {}={value:?}", field.name())
        };
    }
}

fn number(level: Level) -> i32 {
    match level {
        Level::ERROR => RP_LOG_ERROR,
        Level::WARN => RP_LOG_WARN,
        Level::INFO => RP_LOG_INFO,
        Level::DEBUG => RP_LOG_DEBUG,
        Level::TRACE => RP_LOG_TRACE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collected(write: impl FnOnce()) -> Vec<(i32, String)> {
        let _turn = TURN.lock();
        let subscriber = tracing_subscriber::registry().with(Collector);
        tracing::subscriber::with_default(subscriber, write);
        LINES.lock().iter().map(|line| (line.level, line.text.clone())).collect()
    }

    #[test]
    fn lines_carry_level_message_fields_and_the_spans_around_them() {
        let lines = collected(|| {
            let _span = tracing::info_span!("invite", invite_id = 4_711).entered();
            tracing::warn!(attempt = 2, name = "Ace", "mark-spans");
        });
        let line = lines.iter().find(|(_, text)| text.contains("mark-spans"));
        let (level, text) = line.unwrap();
        assert_eq!(*level, RP_LOG_WARN);
        assert!(text.ends_with(r#"mark-spans attempt=2 name="Ace" invite_id=4711"#), "{text}");
    }

    #[test]
    fn long_lines_are_cut_at_a_character_and_strangers_left_out() {
        let lines = collected(|| {
            tracing::error!("mark-long {}", "ž".repeat(MAX_BYTES));
            tracing::error!(target: "reqwest", "mark-stranger");
        });
        let (_, text) = lines.iter().find(|(_, text)| text.contains("mark-long")).unwrap();
        assert!(text.len() <= MAX_BYTES && text.ends_with('…'));
        assert!(!lines.iter().any(|(_, text)| text.contains("mark-stranger")));
    }
}
