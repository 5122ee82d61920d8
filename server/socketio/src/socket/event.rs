//! Events of a client.

use std::{borrow::Cow, ops::Range};

use bytes::Bytes;

/// An event of a client, as its text.
#[derive(Clone, Debug)]
pub struct Event {
    text: String,
    name: Name,
    arguments: Range<usize>,
    ack: Option<u64>,
    attachments: Vec<Bytes>,
    oversized: bool,
}

#[derive(Clone, Debug)]
enum Name {
    /// Stands in the text as it is.
    Plain(Range<usize>),
    /// Was written with escapes.
    Unescaped(String),
    /// The first element is no text.
    None,
}

impl Event {
    /// Returns the event of a packet's text, whose data is a JSON list that begins at `data`; `None` for an empty list.
    /// Of one above `max_bytes` the name alone is kept.
    pub(crate) fn new(
        text: String,
        data: usize,
        ack: Option<u64>,
        attachments: Vec<Bytes>,
        max_bytes: usize,
    ) -> Option<Self> {
        let open = data + text[data..].find('[')? + 1;
        let close = text.rfind(']').filter(|close| *close >= open)?;
        let inner = &text[open..close];
        if inner.trim().is_empty() {
            return None;
        }
        let mut values = serde_json::Deserializer::from_str(inner).into_iter::<Cow<'_, str>>();
        let (name, arguments) = match values.next() {
            Some(Ok(name)) => {
                let after = open + values.byte_offset();
                let begin = text[after..close].find(',').map_or(close, |comma| after + comma + 1);
                let name = match name {
                    // Between its quotes.
                    Cow::Borrowed(name) => Name::Plain(after - 1 - name.len()..after - 1),
                    Cow::Owned(name) => Name::Unescaped(name),
                };
                (name, begin..close)
            }
            _ => (Name::None, open..close),
        };
        let size = text.len() + attachments.iter().map(Bytes::len).sum::<usize>();
        let mut event = Self { text, name, arguments, ack, attachments, oversized: size > max_bytes };
        if event.oversized {
            event.keep_name();
        }
        Some(event)
    }

    fn keep_name(&mut self) {
        const LONGEST: usize = 256;
        let name: String = self.name().unwrap_or_default().chars().take(LONGEST).collect();
        self.name = if matches!(self.name, Name::None) { Name::None } else { Name::Unescaped(name) };
        (self.text, self.arguments, self.attachments) = (String::new(), 0..0, Vec::new());
    }

    /// Returns the event's name; `None` if what stands in its place is no text.
    pub fn name(&self) -> Option<&str> {
        match &self.name {
            Name::Plain(range) => self.text.get(range.clone()),
            Name::Unescaped(name) => Some(name),
            Name::None => None,
        }
    }

    /// Returns the arguments as JSON texts with commas between them: one argument is a JSON text by itself.
    pub fn arguments(&self) -> &str {
        self.text.get(self.arguments.clone()).unwrap_or_default()
    }

    /// Returns the id under which the client waits for an acknowledgement, if it does.
    pub fn ack(&self) -> Option<u64> {
        self.ack
    }

    /// Returns the binary attachments, for which placeholders stand in the arguments.
    pub fn attachments(&self) -> &[Bytes] {
        &self.attachments
    }

    /// Returns whether the event was larger than the configuration allows, so that only its name was kept.
    pub fn is_oversized(&self) -> bool {
        self.oversized
    }

    /// Returns how many bytes it keeps.
    pub(crate) fn size(&self) -> usize {
        self.text.len() + self.attachments.iter().map(Bytes::len).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(text: &str) -> Option<Event> {
        Event::new(text.to_owned(), 1, None, Vec::new(), 100)
    }

    #[test]
    fn name_and_arguments_are_found() {
        for (text, name, arguments) in [
            (r#"2["invite:send",{"a":[1]}]"#, Some("invite:send"), r#"{"a":[1]}"#),
            (r#"2 [ "e" , 1 , 2 ] "#, Some("e"), " 1 , 2 "),
            (r#"2["e"]"#, Some("e"), ""),
            (r#"2["a\u0062",1]"#, Some("ab"), "1"),
            (r#"2["",1]"#, Some(""), "1"),
            (r#"2["grüße",1]"#, Some("grüße"), "1"),
            ("2[7,1]", None, "7,1"),
            ("2[null]", None, "null"),
        ] {
            let event = event(text).expect(text);
            assert_eq!((event.name(), event.arguments()), (name, arguments), "{text}");
        }
        assert!(event("2[]").is_none() && event("2[ ]").is_none());
    }

    #[test]
    fn oversized_event_keeps_its_name() {
        let long = event(&format!("2[\"e\",\"{}\"]", "x".repeat(100))).expect("an event");
        assert!(long.is_oversized() && long.size() == 0);
        assert_eq!((long.name(), long.arguments()), (Some("e"), ""));
        assert!(!event("2[\"e\"]").expect("an event").is_oversized());
    }
}
