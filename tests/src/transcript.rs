//! Transcripts: what went over the wire, without what differs from run to run.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use rallypoint_protocol::UserId;
use serde_json::{Map, Value};

/// Gives ids, names, codes, times and tokens the same words in every run.
#[derive(Default)]
pub struct Normaliser {
    ids: HashMap<(&'static str, String), String>,
    people: Vec<(String, String)>,
    counts: HashMap<&'static str, usize>,
}

impl Normaliser {
    /// Gives a user, whose name is `display_name#tag`, a word of its own.
    pub fn user(&mut self, id: UserId, name: &str, word: &str) {
        self.ids.insert(("user", id.to_string()), word.to_owned());
        self.people.push((name.to_owned(), word.to_owned()));
    }

    /// A frame such as `< 42["name",{…}]`.
    pub fn frame(&mut self, frame: &str) -> String {
        let Some(start) = frame.find(['[', '{']) else { return frame.to_owned() };
        let Ok(value) = serde_json::from_str::<Value>(&frame[start..]) else { return frame.to_owned() };
        format!("{}{}", &frame[..start], self.value(value, ""))
    }

    /// Any JSON, with the name of the field that holds it.
    pub fn value(&mut self, value: Value, field: &str) -> Value {
        match value {
            Value::Array(values) => values.into_iter().map(|value| self.value(value, field)).collect(),
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, value)| (name.clone(), self.value(value, &name)));
                Value::Object(Map::from_iter(fields))
            }
            other => self.leaf(other, field),
        }
    }

    fn leaf(&mut self, value: Value, field: &str) -> Value {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let kind = match field {
            _ if value.is_null() => return value,
            "invite_id" => "invite",
            "sender_id" | "receiver_id" | "user_id" | "host_id" | "id" => "user",
            "session_code" => "CODE",
            "game_id" => "game",
            "server_port" => "port",
            "created_at" | "expires_at" | "seen_at" | "delivered_at" | "responded_at" => return "(time)".into(),
            "expires_in" => return "(seconds)".into(),
            "connect_token" | "access_token" | "refresh_token" | "token" => return "(secret)".into(),
            _ => return self.words(value),
        };
        let counts = &mut self.counts;
        let word = self.ids.entry((kind, text)).or_insert_with(|| {
            let count = counts.entry(kind).or_default();
            *count += 1;
            format!("({kind} {count})")
        });
        word.clone().into()
    }

    /// Replaces known names within a sentence.
    fn words(&self, value: Value) -> Value {
        let Value::String(mut text) = value else { return value };
        for (name, word) in &self.people {
            text = text.replace(name, word);
        }
        text.into()
    }
}

/// Compares with `golden/NAME.txt`. With `RALLYPOINT_BLESS` set the file is written instead.
///
/// # Errors
/// The two differ: the first line that does is in the message.
pub fn compare_with_golden(name: &str, transcript: &str) -> Result<()> {
    let path = crate::repository().join("tests/golden").join(format!("{name}.txt"));
    if std::env::var_os("RALLYPOINT_BLESS").is_some() {
        return std::fs::write(&path, transcript).with_context(|| path.display().to_string());
    }
    let advice = "with RALLYPOINT_BLESS=1 the test writes it";
    let golden = std::fs::read_to_string(&path).with_context(|| format!("{}: {advice}", path.display()))?;
    let (mut expected, mut seen) = (golden.lines(), transcript.lines());
    for number in 1.. {
        match (expected.next(), seen.next()) {
            (None, None) => break,
            (expected, seen) if expected == seen => {}
            (expected, seen) => anyhow::bail!(
                "{}:{number} differs; {advice}\nexpected: {}\n    seen: {}",
                path.display(),
                expected.unwrap_or("(end)"),
                seen.unwrap_or("(end)")
            ),
        }
    }
    Ok(())
}
