//! Clients without a server: handles, requests that fail, threads, shutdown.

use std::{
    hint::black_box,
    mem::MaybeUninit,
    ptr::{null, null_mut},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use parking_lot::{Mutex, MutexGuard};
use rallypoint_ffi::*;

/// Nothing listens here.
const NOWHERE: &str = "http://127.0.0.1:1";

/// Everything is left to the server.
const OPEN: rp_game_options =
    rp_game_options { game_speed: 0, ranked: 0, cool_mode: 0, score_to_win: 0, time_limit: 0, reserved: 0 };

/// `rp_shutdown_all` reaches the whole process, so the tests of this file take turns.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock()
}

fn client() -> rp_handle {
    let mut client = 0;
    assert_eq!(unsafe { rp_client_new(NOWHERE.as_ptr().cast(), NOWHERE.len(), null(), &mut client) }, RP_OK);
    assert_ne!(client, 0);
    client
}

fn guest(client: rp_handle) -> u64 {
    let mut request = 0;
    assert_eq!(unsafe { rp_guest(client, null(), 0, &mut request) }, RP_OK);
    request
}

/// Polls until the request completes; gives back its error.
fn outcome(client: rp_handle, request: u64) -> i32 {
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut event = MaybeUninit::<rp_event>::uninit();
    while Instant::now() < deadline {
        match unsafe { rp_poll(client, event.as_mut_ptr()) } {
            0 => std::thread::yield_now(),
            1 => {
                let event = unsafe { event.assume_init_ref() };
                if event.event_type == RP_EVENT_COMPLETED && event.request == request {
                    return event.error;
                }
            }
            error => panic!("polling failed: {error}"),
        }
    }
    panic!("the request did not complete");
}

#[test]
fn a_request_to_nowhere_completes_with_a_network_error() {
    let _turn = turn();
    let client = client();
    assert_eq!(outcome(client, guest(client)), RP_ERR_NETWORK);
    assert_eq!(rp_client_free(client), RP_OK);
}

#[test]
fn requests_before_the_sign_in_say_so() {
    let _turn = turn();
    let client = client();
    let mut request = 0;
    assert_eq!(unsafe { rp_invites_sent(client, &mut request) }, RP_OK);
    assert_eq!(outcome(client, request), RP_ERR_NOT_SIGNED_IN);
    let (mut user, mut length) = (MaybeUninit::uninit(), 0);
    assert_eq!(unsafe { rp_client_user(client, user.as_mut_ptr()) }, RP_ERR_NOT_SIGNED_IN);
    assert_eq!(unsafe { rp_client_refresh_token(client, null_mut(), 0, &mut length) }, RP_ERR_NOT_SIGNED_IN);
    assert_eq!(unsafe { rp_matchmaking_join(client, null(), &mut request) }, RP_OK);
    assert_eq!(outcome(client, request), RP_ERR_NOT_SIGNED_IN);
    let mut queue = MaybeUninit::uninit();
    assert_eq!(unsafe { rp_event_queue(client, queue.as_mut_ptr()) }, RP_ERR_INDEX, "a failure tells of no queue");
    assert_eq!(unsafe { rp_matchmaking_state(client, queue.as_mut_ptr()) }, RP_OK);
    assert_eq!(unsafe { queue.assume_init() }.state, RP_QUEUE_IDLE);
    assert_eq!(unsafe { rp_challenge(client, 7, c"arena".as_ptr(), 5, &mut request) }, RP_OK);
    assert_eq!(outcome(client, request), RP_ERR_NOT_SIGNED_IN);
    let (mut friend, mut friendship) = (MaybeUninit::uninit(), 0);
    assert_eq!(unsafe { rp_event_friend(client, friend.as_mut_ptr()) }, RP_ERR_INDEX);
    assert_eq!(unsafe { rp_event_friendship(client, &mut friendship) }, RP_ERR_INDEX);
    let (mut count, mut fetched) = (7, 7);
    assert_eq!(unsafe { rp_friends_count(client, &mut count, &mut fetched) }, RP_OK);
    assert_eq!((count, fetched), (0, 0));
    let mut link = -1;
    assert_eq!((unsafe { rp_link_state(client, &mut link) }, link), (RP_OK, RP_LINK_SIGNED_OUT));
    assert_eq!(rp_client_free(client), RP_OK);
}

#[test]
fn a_freed_handle_is_an_error_everywhere() {
    let _turn = turn();
    let freed = client();
    assert_eq!(rp_client_free(freed), RP_OK);
    let other = client();
    assert_ne!(freed, other);
    let (mut event, mut request, mut count) = (MaybeUninit::uninit(), 0, 0);
    for handle in [0, freed, other ^ (1 << 40), u64::MAX] {
        assert_eq!(rp_client_free(handle), RP_ERR_HANDLE);
        assert_eq!(unsafe { rp_poll(handle, event.as_mut_ptr()) }, RP_ERR_HANDLE);
        assert_eq!(unsafe { rp_logout(handle, &mut request) }, RP_ERR_HANDLE);
        assert_eq!(unsafe { rp_invites_count(handle, &mut count) }, RP_ERR_HANDLE);
        assert_eq!(rp_invite_shown(handle, 1), RP_ERR_HANDLE);
        let (mut queue, mut end) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        assert_eq!(unsafe { rp_matchmaking_join(handle, null(), &mut request) }, RP_ERR_HANDLE);
        assert_eq!(unsafe { rp_matchmaking_status(handle, &mut request) }, RP_ERR_HANDLE);
        assert_eq!(unsafe { rp_matchmaking_leave(handle, &mut request) }, RP_ERR_HANDLE);
        assert_eq!(unsafe { rp_matchmaking_state(handle, queue.as_mut_ptr()) }, RP_ERR_HANDLE);
        assert_eq!(unsafe { rp_event_queue(handle, queue.as_mut_ptr()) }, RP_ERR_HANDLE);
        assert_eq!(unsafe { rp_event_match_end(handle, end.as_mut_ptr()) }, RP_ERR_HANDLE);
        let (mut friend, mut id) = (MaybeUninit::uninit(), 0);
        for call in [
            rp_friends_list,
            rp_friend_requests,
            rp_friend_suggestions,
            rp_users_blocked,
            rp_maps as unsafe extern "C" fn(rp_handle, *mut u64) -> i32,
        ] {
            assert_eq!(unsafe { call(handle, &mut request) }, RP_ERR_HANDLE);
        }
        for call in [
            rp_friend_request_user,
            rp_friend_accept,
            rp_friend_decline,
            rp_friend_remove,
            rp_user_block,
            rp_user_unblock,
            rp_invite_trace as unsafe extern "C" fn(rp_handle, i64, *mut u64) -> i32,
        ] {
            assert_eq!(unsafe { call(handle, 1, &mut request) }, RP_ERR_HANDLE);
        }
        assert_eq!(unsafe { rp_friend_request(handle, c"bea".as_ptr(), 3, &mut request) }, RP_ERR_HANDLE);
        assert_eq!(unsafe { rp_challenge(handle, 1, c"arena".as_ptr(), 5, &mut request) }, RP_ERR_HANDLE);
        assert_eq!(unsafe { rp_friends_count(handle, &mut count, null_mut()) }, RP_ERR_HANDLE);
        assert_eq!(unsafe { rp_friends_get(handle, 0, friend.as_mut_ptr()) }, RP_ERR_HANDLE);
        assert_eq!(unsafe { rp_event_friend(handle, friend.as_mut_ptr()) }, RP_ERR_HANDLE);
        assert_eq!(unsafe { rp_event_friendship(handle, &mut id) }, RP_ERR_HANDLE);
        assert_eq!(unsafe { rp_invites_friendship(handle, 0, &mut id) }, RP_ERR_HANDLE);
        assert_eq!(rp_network_cut(handle), RP_ERR_HANDLE);
    }
    assert_eq!(unsafe { rp_poll(other, event.as_mut_ptr()) }, 0);
    assert_eq!(rp_client_free(other), RP_OK);
}

#[test]
fn bad_arguments_are_refused_before_anything_is_sent() {
    let _turn = turn();
    let client = client();
    let mut request = 77;
    let bad = b"\xff\xff";
    unsafe {
        assert_eq!(rp_guest(client, bad.as_ptr().cast(), bad.len(), &mut request), RP_ERR_UTF8);
        assert_eq!(rp_guest(client, null(), 3, &mut request), RP_ERR_NULL);
        assert_eq!(rp_guest(client, null(), 0, null_mut()), RP_ERR_NULL);
        assert_eq!(rp_session_join(client, c"short".as_ptr(), 5, &mut request), RP_ERR_ARGUMENT);
        assert_eq!(rp_register(client, null(), &mut request), RP_ERR_NULL);
        assert_eq!(rp_poll(client, null_mut()), RP_ERR_NULL);
        let mut player = MaybeUninit::uninit();
        assert_eq!(rp_event_player(client, 0, player.as_mut_ptr()), RP_ERR_INDEX);
        let mut invite = MaybeUninit::uninit();
        assert_eq!(rp_invites_get(client, 0, invite.as_mut_ptr()), RP_ERR_INDEX);
        let wild = rp_game_options { score_to_win: 21, ..OPEN };
        assert_eq!(rp_matchmaking_join(client, &wild, &mut request), RP_ERR_ARGUMENT);
        assert_eq!(rp_matchmaking_join(client, &OPEN, null_mut()), RP_ERR_NULL);
        assert_eq!(rp_matchmaking_state(client, null_mut()), RP_ERR_NULL);
        assert_eq!(rp_friend_request(client, null(), 0, &mut request), RP_ERR_NULL);
        assert_eq!(rp_friend_request(client, bad.as_ptr().cast(), bad.len(), &mut request), RP_ERR_UTF8);
        assert_eq!(rp_challenge(client, 7, null(), 0, &mut request), RP_ERR_NULL);
        assert_eq!(rp_friends_count(client, null_mut(), null_mut()), RP_ERR_NULL);
        let (mut friend, mut id) = (MaybeUninit::uninit(), 0);
        assert_eq!(rp_friends_get(client, 0, friend.as_mut_ptr()), RP_ERR_INDEX);
        assert_eq!(rp_invites_friendship(client, 0, &mut id), RP_ERR_INDEX);
    }
    assert_eq!(request, 77, "a refused request has no number");
    let options = rp_client_options {
        request_timeout_ms: 0,
        poll_min_ms: 500,
        poll_max_ms: 100,
        backoff_min_ms: 0,
        backoff_max_ms: 0,
        reserved: 0,
    };
    let mut other = 0;
    let made = unsafe { rp_client_new(NOWHERE.as_ptr().cast(), NOWHERE.len(), &options, &mut other) };
    assert_eq!((made, other), (RP_ERR_ARGUMENT, 0));
    assert_eq!(rp_client_free(client), RP_OK);
}

#[test]
fn freeing_under_a_polling_thread_ends_its_polls_with_an_error() {
    let _turn = turn();
    for _ in 0..20 {
        let client = client();
        let started = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let pollers: Vec<_> = (0..3)
                .map(|_| {
                    scope.spawn(|| {
                        let mut event = MaybeUninit::uninit();
                        loop {
                            match unsafe { rp_poll(client, event.as_mut_ptr()) } {
                                RP_ERR_HANDLE => return,
                                result => assert!((0..=1).contains(&result)),
                            }
                            started.store(true, Ordering::Release);
                        }
                    })
                })
                .collect();
            guest(client);
            while !started.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            assert_eq!(rp_client_free(client), RP_OK);
            for poller in pollers {
                poller.join().unwrap();
            }
        });
    }
}

#[test]
fn all_can_be_shut_down_and_made_anew_without_leaving_a_thread() {
    let _turn = turn();
    assert_eq!(rp_shutdown_all(10_000), RP_OK);
    let before = threads();
    for _ in 0..10 {
        let clients: Vec<_> = (0..4).map(|_| client()).collect();
        for &client in &clients {
            guest(client);
        }
        if cfg!(target_os = "linux") {
            await_threads("every client has a thread", |count| count >= before + clients.len());
        }
        assert_eq!(rp_shutdown_all(10_000), RP_OK);
        for client in clients {
            assert_eq!(rp_client_free(client), RP_ERR_HANDLE);
        }
    }
    await_threads("no thread is left", |count| count == before);
    assert_eq!(rp_shutdown_all(0), RP_OK);
}

/// The system names a thread, and forgets it, a moment after it was started or joined.
fn await_threads(what: &str, arrived: impl Fn(usize) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !arrived(threads()) {
        assert!(Instant::now() < deadline, "{what}: {} threads", threads());
        std::thread::yield_now();
    }
}

/// The threads of the library; the test harness has its own, which come and go.
#[cfg(target_os = "linux")]
fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with("rallypoint") || name.starts_with("tokio")).count()
}

#[cfg(not(target_os = "linux"))]
fn threads() -> usize {
    0
}

#[test]
fn polling_an_empty_queue_is_cheap() {
    const ROUNDS: u32 = 200_000;
    let _turn = turn();
    let client = client();
    let mut event = MaybeUninit::uninit();
    while unsafe { rp_poll(client, event.as_mut_ptr()) } == 1 {}
    let start = Instant::now();
    for _ in 0..ROUNDS {
        assert_eq!(unsafe { rp_poll(black_box(client), event.as_mut_ptr()) }, 0);
    }
    eprintln!("rp_poll on an empty queue: {} ns", (start.elapsed() / ROUNDS).as_nanos());
    assert_eq!(rp_client_free(client), RP_OK);
}
