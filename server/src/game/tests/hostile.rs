//! What a client that means harm can do: lose its own connection.

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use super::{LEFT, drive, quick, with_arena};

/// A slice of a message whose index is not below its count, as renet lays it out.
fn crafted_slices() -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    for kind in [2, 3] {
        for channel in 0..3 {
            for (index, count) in [(1, 1), (7, 2), (63, 1)] {
                // Kind, sequence, channel, message, index, count, length, payload.
                packets.push([&[kind, 0, channel, 0, index, count, 4][..], b"boom"].concat());
            }
        }
    }
    packets
}

#[tokio::test]
async fn a_crafted_slice_only_costs_its_sender_the_connection() {
    with_arena(
        |_| {},
        |arena| {
            let bystanders = arena.room(quick());
            let mut others = arena.start(bystanders);
            for packet in crafted_slices() {
                let game = arena.room(quick());
                let mut people = [arena.join(game, LEFT)];
                drive(&mut people, |people| people[0].side.is_some());
                people[0].client.send_raw(&packet);
                drive(&mut people, |people| people[0].end.is_some());
            }
            let seen = others[0].snapshots;
            drive(&mut others, |others| others[0].snapshots > seen + 20);
            assert!(others.iter().all(|other| other.end.is_none() && !other.paused()));
        },
    )
    .await;
}

#[tokio::test]
async fn arbitrary_payloads_never_stop_the_games() {
    with_arena(
        |_| {},
        |arena| {
            let bystanders = arena.room(quick());
            let mut others = arena.start(bystanders);
            let mut runner = TestRunner::deterministic();
            let payload = proptest::collection::vec(proptest::num::u8::ANY, 0..200);
            let kind = proptest::sample::select(vec![0u8, 1, 2, 3, 4, 5, 255]);
            let packets = (kind, payload).prop_map(|(kind, rest)| [&[kind][..], &rest].concat());
            for _ in 0..30 {
                let game = arena.room(quick());
                let mut people = [arena.join(game, LEFT)];
                drive(&mut people, |people| people[0].side.is_some());
                for _ in 0..40 {
                    people[0].client.send_raw(&packets.new_tree(&mut runner).unwrap().current());
                }
                drive(&mut people, |people| people[0].end.is_some());
            }
            let seen = others[0].snapshots;
            drive(&mut others, |others| others[0].snapshots > seen + 20);
            assert!(others.iter().all(|other| other.end.is_none() && !other.paused()));
        },
    )
    .await;
}

#[tokio::test]
async fn strangers_packets_change_nothing() {
    with_arena(
        |_| {},
        |arena| {
            let game = arena.room(quick());
            let mut people = arena.start(game);
            let socket = std::net::UdpSocket::bind(("127.0.0.1", 0)).unwrap();
            for length in (0..1_500).step_by(7).chain([1_078]) {
                for first in [0u8, 1, 5, 0x15, 255] {
                    let mut packet = vec![0xa5; length];
                    packet.iter_mut().take(1).for_each(|byte| *byte = first);
                    socket.send_to(&packet, arena.server.public_addr()).unwrap();
                }
            }
            let seen = people[0].snapshots;
            drive(&mut people, |people| people[0].snapshots > seen + 20);
            socket.set_nonblocking(true).unwrap();
            assert!(socket.recv(&mut [0; 16]).is_err(), "nobody answers a stranger");
        },
    )
    .await;
}

#[tokio::test]
async fn a_flood_of_input_is_cut_off() {
    with_arena(
        |_| {},
        |arena| {
            let game = arena.room(quick());
            let [left, right] = arena.start(game);
            let mut people = [left, right];
            for sequence in 0..80u32 {
                // Good messages of renet's: kind, sequence, channel, count, and of each its length and the input.
                let mut packet = vec![1];
                packet.extend((0x8100_0000 | sequence).to_be_bytes());
                packet.extend([0, 0, 10]);
                (0..10).for_each(|_| packet.extend([3, 0, 0, 1]));
                people[0].client.send_raw(&packet);
            }
            drive(&mut people, |people| people[0].end.is_some() && people[1].paused());
        },
    )
    .await;
}
