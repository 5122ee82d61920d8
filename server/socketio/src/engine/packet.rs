//! Engine.IO packets, and the payloads of long polling that carry several of them.

use std::borrow::Cow;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;

/// Stands between the packets of a payload.
const SEPARATOR: char = '\u{1e}';

/// Clients pad or don't.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A packet on its way to a client, as a WebSocket carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// The digit of its type and its data.
    Text(Cow<'static, str>),
    /// A binary message.
    Binary(Bytes),
}

impl Packet {
    pub const CLOSE: Self = Self::Text(Cow::Borrowed("1"));
    pub const PING: Self = Self::Text(Cow::Borrowed("2"));
    pub const PROBE_ANSWER: Self = Self::Text(Cow::Borrowed("3probe"));
    pub const NOOP: Self = Self::Text(Cow::Borrowed("6"));

    /// Returns a packet of this text, which begins with the digit of its type.
    pub fn text(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }

    /// Returns how many bytes it holds.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }
}

/// A packet from a client, as far as the transport has read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming<'a> {
    Open,
    Close,
    Ping(&'a str),
    Pong,
    Text(&'a str),
    Binary(Bytes),
    Upgrade,
    Noop,
}

impl<'a> Incoming<'a> {
    /// Reads a text packet; `None` if it is none.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (kind, data) = text.split_at_checked(1)?;
        Some(match kind {
            "0" => Self::Open,
            "1" => Self::Close,
            "2" => Self::Ping(data),
            "3" => Self::Pong,
            "4" => Self::Text(data),
            "5" => Self::Upgrade,
            "6" => Self::Noop,
            _ => return None,
        })
    }

    /// Reads a packet of a payload, where binary ones are written in base64.
    pub fn parse_in_payload(text: &'a str) -> Option<Self> {
        match text.strip_prefix('b') {
            Some(data) => BASE64.decode(data).ok().map(|bytes| Self::Binary(bytes.into())),
            None => Self::parse(text),
        }
    }
}

/// Returns the packets of a payload, unread.
pub fn split_payload(body: &str) -> impl Iterator<Item = &str> {
    body.split(SEPARATOR)
}

/// Returns the payload that carries these packets.
pub fn encode_payload(packets: &[Packet]) -> String {
    let size = packets.iter().map(|packet| packet.len() * 4 / 3 + 5).sum();
    let mut payload = String::with_capacity(size);
    for (index, packet) in packets.iter().enumerate() {
        if index > 0 {
            payload.push(SEPARATOR);
        }
        match packet {
            Packet::Text(text) => payload.push_str(text),
            Packet::Binary(bytes) => {
                payload.push('b');
                BASE64.encode_string(bytes, &mut payload);
            }
        }
    }
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packet_of_each_type_is_read() {
        let types = ["0{}", "1", "2probe", "3", "4hi", "5", "6"].map(Incoming::parse);
        let expected = [
            Incoming::Open,
            Incoming::Close,
            Incoming::Ping("probe"),
            Incoming::Pong,
            Incoming::Text("hi"),
            Incoming::Upgrade,
            Incoming::Noop,
        ];
        assert_eq!(types, expected.map(Some));
        for bad in ["", "7", "abc", "é", "\u{1e}"] {
            assert_eq!(Incoming::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn payload_read_back_is_what_was_written() {
        let packets = [Packet::text("4hello".into()), Packet::Binary(Bytes::from_static(&[1, 2, 3, 4])), Packet::PING];
        let payload = encode_payload(&packets);
        assert_eq!(payload, "4hello\u{1e}bAQIDBA==\u{1e}2");
        let read: Vec<_> = split_payload(&payload).map(Incoming::parse_in_payload).collect();
        let bytes = Bytes::from_static(&[1, 2, 3, 4]);
        assert_eq!(read, [Some(Incoming::Text("hello")), Some(Incoming::Binary(bytes)), Some(Incoming::Ping(""))]);
    }

    #[test]
    fn base64_without_padding_is_read() {
        let bytes = Bytes::from_static(&[1, 2, 3, 4]);
        assert_eq!(Incoming::parse_in_payload("bAQIDBA"), Some(Incoming::Binary(bytes)));
        assert_eq!(Incoming::parse_in_payload("b$"), None);
    }
}
