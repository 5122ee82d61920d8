//! The layout that callers have compiled in. A change here is a new thousand of RP_ABI_VERSION.

#![cfg(target_pointer_width = "64")]

use std::mem::{align_of, offset_of, size_of};

use rallypoint_ffi::*;

const _: () = {
    assert!(size_of::<rp_str>() == 16);
    assert!(size_of::<rp_game_options>() == 24);
    assert!(size_of::<rp_client_options>() == 24);
    assert!(size_of::<rp_registration>() == 80);
    assert!(size_of::<rp_session_settings>() == 72);
    assert!(size_of::<rp_user>() == 88);
    assert!(size_of::<rp_player>() == 24);
    assert!(size_of::<rp_invite>() == 184);
    assert!(size_of::<rp_queue>() == 240 && align_of::<rp_queue>() == 8);
    assert!(size_of::<rp_match_end>() == 56);
    assert!(size_of::<rp_friend>() == 136 && align_of::<rp_friend>() == 8);
    assert!(size_of::<rp_event>() == 416 && align_of::<rp_event>() == 8);

    assert!(offset_of!(rp_event, error) == 4);
    assert!(offset_of!(rp_event, request) == 8);
    assert!(offset_of!(rp_event, invite_id) == 16);
    assert!(offset_of!(rp_event, remaining_ms) == 64);
    assert!(offset_of!(rp_event, operation) == 72);
    assert!(offset_of!(rp_event, player_count) == 120);
    assert!(offset_of!(rp_event, retryable) == 144);
    assert!(offset_of!(rp_event, forfeited) == 148);
    assert!(offset_of!(rp_event, options) == 152);
    assert!(offset_of!(rp_event, session_code) == 176);
    assert!(offset_of!(rp_event, connect_token) == 240);
    assert!(offset_of!(rp_event, message) == 384);
    assert!(offset_of!(rp_event, name) == 400);

    assert!(offset_of!(rp_invite, remaining_ms) == 40);
    assert!(offset_of!(rp_invite, kind) == 48);
    assert!(offset_of!(rp_invite, options) == 64);
    assert!(offset_of!(rp_invite, sender_name) == 88);
    assert!(offset_of!(rp_invite, message) == 168);

    assert!(offset_of!(rp_queue, ticket_id) == 32);
    assert!(offset_of!(rp_queue, options) == 64);
    assert!(offset_of!(rp_queue, opponent) == 88);
    assert!(offset_of!(rp_queue, game_id) == 176);
    assert!(offset_of!(rp_queue, ws_url) == 224);
    assert!(offset_of!(rp_match_end, reason) == 8);
    assert!(offset_of!(rp_match_end, game_id) == 40);
    assert!(offset_of!(rp_friend, status) == 16);
    assert!(offset_of!(rp_friend, user) == 32);
    assert!(offset_of!(rp_friend, user_status) == 120);
};

#[test]
fn the_library_tells_the_sizes_of_all_structures() {
    let mut size = 0;
    let sizes: Vec<_> = (RP_STRUCT_STR..=RP_STRUCT_FRIEND)
        .map(|structure| {
            assert_eq!(unsafe { rp_struct_size(structure, &mut size) }, RP_OK);
            size
        })
        .collect();
    assert_eq!(sizes, [16, 416, 184, 88, 24, 24, 72, 24, 80, 240, 56, 136]);
    assert_eq!(unsafe { rp_struct_size(0, &mut size) }, RP_ERR_ARGUMENT);
}
