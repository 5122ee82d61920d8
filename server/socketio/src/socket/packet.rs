//! Socket.IO packets, as text: `<type>[<attachments>-][<namespace>,][<ack id>][<JSON>]`.

use std::ops::Range;

use serde::de::IgnoredAny;

/// What a packet is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Connect,
    Disconnect,
    Event,
    Ack,
    ConnectError,
    BinaryEvent,
    BinaryAck,
}

/// What a client's packet says of itself. Where its parts stand is told in bytes of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    pub kind: Kind,
    namespace: Range<usize>,
    pub attachments: usize,
    pub ack: Option<u64>,
    /// Where its data begins: JSON that fits the kind, or nothing.
    pub data: usize,
}

impl Packet {
    /// Reads a packet; `None` if it breaks a rule of the protocol, or its data is no JSON.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, mut rest) = text.split_at_checked(1)?;
        let kind = match kind {
            "0" => Kind::Connect,
            "1" => Kind::Disconnect,
            "2" => Kind::Event,
            "3" => Kind::Ack,
            "4" => Kind::ConnectError,
            "5" => Kind::BinaryEvent,
            "6" => Kind::BinaryAck,
            _ => return None,
        };
        let mut attachments = 0;
        if matches!(kind, Kind::BinaryEvent | Kind::BinaryAck) {
            let (count, after) = rest.split_once('-')?;
            attachments = digits(count)?.try_into().ok()?;
            rest = after;
        }
        let begin = text.len() - rest.len();
        let mut namespace = begin..begin;
        if rest.starts_with('/') {
            let (name, after) = rest.split_once(',').unwrap_or((rest, ""));
            (namespace, rest) = (begin..begin + name.len(), after);
        }
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (id, data) = rest.split_at(end);
        let ack = if id.is_empty() { None } else { Some(digits(id)?) };
        fits(kind, data).then(|| Self { kind, namespace, attachments, ack, data: text.len() - data.len() })
    }

    /// Returns the namespace, with its slash. `text` is what was read.
    pub fn namespace<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.namespace.clone()).filter(|name| !name.is_empty()).unwrap_or("/")
    }
}

/// Whether data may stand in a packet of this kind.
fn fits(kind: Kind, data: &str) -> bool {
    let first = data.trim_start().as_bytes().first();
    match kind {
        Kind::Connect => data.is_empty() || (first == Some(&b'{') && is_json(data)),
        Kind::Disconnect => data.is_empty(),
        Kind::Event | Kind::BinaryEvent | Kind::Ack | Kind::BinaryAck => first == Some(&b'[') && is_json(data),
        // Servers send it.
        Kind::ConnectError => false,
    }
}

/// The number that a text of digits says, if it is not beyond reason.
fn digits(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Whether a text is JSON. However deeply it is nested, this needs no stack.
fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Begins a packet to a client, with Engine.IO's own type in front. The digits say type and attachments.
pub fn begin(kind: &str, attachments: usize, namespace: &str, ack: Option<u64>, capacity: usize) -> String {
    let mut packet = String::with_capacity(kind.len() + namespace.len() + capacity + 24);
    packet.push('4');
    packet.push_str(kind);
    if attachments > 0 {
        packet.push_str(&attachments.to_string());
        packet.push('-');
    }
    if namespace != "/" {
        packet.push_str(namespace);
        packet.push(',');
    }
    if let Some(ack) = ack {
        packet.push_str(&ack.to_string());
    }
    packet
}

/// Returns whether every placeholder in the data stands for one of the attachments.
pub fn placeholders_fit(data: &str, attachments: usize) -> bool {
    fn fit(value: &serde_json::Value, attachments: usize) -> bool {
        match value {
            serde_json::Value::Array(values) => values.iter().all(|value| fit(value, attachments)),
            serde_json::Value::Object(fields) if fields.get("_placeholder").is_some_and(|is| is == true) => {
                fields.get("num").and_then(|num| num.as_u64()).is_some_and(|num| (num as usize) < attachments)
            }
            serde_json::Value::Object(fields) => fields.values().all(|value| fit(value, attachments)),
            _ => true,
        }
    }
    serde_json::from_str(data).is_ok_and(|value| fit(&value, attachments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_read() {
        for (text, kind, namespace, attachments, ack, data) in [
            ("0", Kind::Connect, "/", 0, None, ""),
            ("0{\"token\":\"1\"}", Kind::Connect, "/", 0, None, "{\"token\":\"1\"}"),
            ("0/custom", Kind::Connect, "/custom", 0, None, ""),
            ("0/custom,{}", Kind::Connect, "/custom", 0, None, "{}"),
            ("1/custom,", Kind::Disconnect, "/custom", 0, None, ""),
            ("2[\"a\",1]", Kind::Event, "/", 0, None, "[\"a\",1]"),
            ("2/custom,12[\"a\"]", Kind::Event, "/custom", 0, Some(12), "[\"a\"]"),
            ("37[]", Kind::Ack, "/", 0, Some(7), "[]"),
            ("52-/custom,7[\"a\"]", Kind::BinaryEvent, "/custom", 2, Some(7), "[\"a\"]"),
            ("61-3[{}]", Kind::BinaryAck, "/", 1, Some(3), "[{}]"),
        ] {
            let packet = Packet::parse(text).expect(text);
            assert_eq!((packet.kind, packet.namespace(text)), (kind, namespace), "{text}");
            assert_eq!((packet.attachments, packet.ack, &text[packet.data..]), (attachments, ack, data), "{text}");
        }
    }

    #[test]
    fn what_breaks_the_rules_is_refused() {
        for bad in [
            "",
            "9",
            "abc",
            "2",
            "2{}",
            "2[",
            "2abc[\"a\"]",
            "0[]",
            "0{",
            "1{}",
            "3",
            "3{}",
            "4{}",
            "5[\"a\"]",
            "5-[\"a\"]",
            "5x-[\"a\"]",
            "599999999999999999999-[\"a\"]",
            "299999999999999999999[\"a\"]",
            "2[01]",
            "é",
        ] {
            assert_eq!(Packet::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn deep_nesting_needs_no_stack() {
        let deep = format!("2[\"a\",{}{}]", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Packet::parse(&deep).is_some());
    }

    #[test]
    fn placeholders_stand_for_attachments() {
        assert!(placeholders_fit(r#"["a",{"_placeholder":true,"num":0},[{"_placeholder":true,"num":1}]]"#, 2));
        assert!(placeholders_fit(r#"["a",{"_placeholder":false,"num":9}]"#, 0));
        for bad in
            [r#"{"_placeholder":true,"num":2}"#, r#"{"_placeholder":true}"#, r#"{"_placeholder":true,"num":"0"}"#]
        {
            assert!(!placeholders_fit(&format!("[\"a\",[{bad}]]"), 2), "{bad}");
        }
    }
}
