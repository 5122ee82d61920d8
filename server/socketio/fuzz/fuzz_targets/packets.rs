//! Whatever a client sends as a body or a frame: it is read or refused, and what was read says what was written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rallypoint_socketio::fuzzing::{Event, Incoming, Packet, SocketPacket, encode_payload, placeholders_fit, split_payload};

fuzz_target!(|text: &str| {
    for part in split_payload(text) {
        match Incoming::parse_in_payload(part) {
            Some(Incoming::Binary(bytes)) => {
                let payload = encode_payload(&[Packet::Binary(bytes.clone())]);
                assert_eq!(Incoming::parse_in_payload(&payload), Some(Incoming::Binary(bytes)));
            }
            Some(Incoming::Text(message)) => read_message(message),
            _ => {}
        }
    }
});

fn read_message(message: &str) {
    let Some(packet) = SocketPacket::parse(message) else { return };
    assert!(packet.namespace(message).starts_with('/'));
    _ = placeholders_fit(&message[packet.data..], packet.attachments);
    if let Some(event) = Event::read(message.to_owned(), packet.data, packet.ack, 256) {
        assert!(event.is_oversized() || message.contains(event.arguments()));
        assert!(event.name().is_none_or(|name| name.len() <= message.len()));
    }
}
