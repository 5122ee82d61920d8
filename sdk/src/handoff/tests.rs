use std::{
    fs,
    io::{Read, Write},
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    sync::{Arc, Barrier},
    thread,
    time::{Duration, Instant},
};

use super::{
    HandoffError, Instance, Listener,
    frame::MAX_FRAME,
    listener::claim_in,
    place::{Place, own_uid},
};

const LINK: &str = "rallypoint://join/K7QX2M";

struct Bench {
    place: Arc<Place>,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::within(folder.path(), own_uid().unwrap(), "org.example.game").unwrap();
        Self { place: Arc::new(place), _folder: folder }
    }

    fn claim(&self, link: Option<&str>) -> Result<Instance, HandoffError> {
        claim_in(&self.place, link)
    }

    fn first(&self) -> Listener {
        match self.claim(None).unwrap() {
            Instance::First(listener) => listener,
            Instance::Second => panic!("nobody else is here"),
        }
    }

    fn assert_second(&self, link: Option<&str>) {
        assert!(matches!(self.claim(link).unwrap(), Instance::Second));
    }

    /// Sends raw bytes and gives back what is answered.
    fn shout(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = UnixStream::connect(&self.place.socket).unwrap();
        // The other side may hang up in the middle: that is what is tried here.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    }
}

fn framed(json: &str) -> Vec<u8> {
    [&(json.len() as u32).to_le_bytes()[..], json.as_bytes()].concat()
}

#[test]
fn a_second_copy_hands_its_link_over_and_a_third_one_can_be_the_first_again() {
    let bench = Bench::new();
    let mut listener = bench.first();
    let mode = fs::metadata(&bench.place.socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    bench.assert_second(Some(LINK));
    assert_eq!(listener.try_next().as_deref(), Some(LINK), "it is there when the second copy has its receipt");
    bench.assert_second(None);
    assert_eq!(listener.try_next(), None);
    drop(listener);
    assert!(!bench.place.socket.exists());
    drop(bench.first());
}

#[test]
fn a_socket_left_by_a_dead_copy_is_taken_over() {
    let bench = Bench::new();
    drop(UnixListener::bind(&bench.place.socket).unwrap());
    assert!(bench.place.socket.exists());
    let mut listener = bench.first();
    bench.assert_second(Some(LINK));
    assert_eq!(listener.try_next().as_deref(), Some(LINK));
}

#[test]
fn of_many_that_start_at_once_one_is_first_and_hears_all_others() {
    let bench = Arc::new(Bench::new());
    drop(UnixListener::bind(&bench.place.socket).unwrap());
    let start = Arc::new(Barrier::new(8));
    let copies: Vec<_> = (0..8)
        .map(|_| {
            let (bench, start) = (bench.clone(), start.clone());
            thread::spawn(move || {
                start.wait();
                bench.claim(Some(LINK)).unwrap()
            })
        })
        .collect();
    let mut first: Vec<_> = copies
        .into_iter()
        .filter_map(|copy| match copy.join().unwrap() {
            Instance::First(listener) => Some(listener),
            Instance::Second => None,
        })
        .collect();
    assert_eq!(first.len(), 1);
    let heard = std::iter::from_fn(|| first[0].try_next()).count();
    assert_eq!(heard, 7);
}

#[test]
fn hostile_frames_are_refused_and_the_next_caller_is_heard() {
    let bench = Bench::new();
    let mut listener = bench.first();
    let long = format!(r#"{{"version":1,"link":"rallypoint://join/{}"}}"#, "x".repeat(3000));
    let refused = [
        framed(r#"{"version":2,"link":null}"#),
        framed("{\"version\":1,\"link\":\"rallypoint://join/K7QX2M\\nX\"}"),
        framed(&long),
    ];
    for frame in refused {
        let answer = bench.shout(&frame);
        let receipt: serde_json::Value = serde_json::from_slice(&answer[4..]).unwrap();
        assert_eq!(receipt["taken"], false, "{receipt}");
    }
    let silent = [
        vec![0xff; 64],
        framed("null"),
        framed("[]"),
        framed(r#"{"version":1}garbage"#),
        framed(&"[".repeat(MAX_FRAME)),
        ((MAX_FRAME + 1) as u32).to_le_bytes().to_vec(),
    ];
    for frame in silent {
        assert!(bench.shout(&frame).is_empty(), "{frame:?}");
    }
    assert_eq!(listener.try_next(), None);
    bench.assert_second(Some(LINK));
    assert_eq!(listener.try_next().as_deref(), Some(LINK));
}

#[test]
fn a_caller_that_says_nothing_is_hung_up_on() {
    let bench = Bench::new();
    let mut listener = bench.first();
    let silent = UnixStream::connect(&bench.place.socket).unwrap();
    let begun = Instant::now();
    bench.assert_second(Some(LINK));
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert_eq!(listener.try_next().as_deref(), Some(LINK));
    drop(silent);
}

#[test]
fn a_flood_of_links_is_refused_and_not_stored() {
    let bench = Bench::new();
    let mut listener = bench.first();
    let taken = (0..40).filter(|_| bench.claim(Some(LINK)).is_ok()).count();
    assert_eq!(taken, 16);
    assert!(matches!(bench.claim(Some(LINK)), Err(HandoffError::Refused(_))));
    assert_eq!(std::iter::from_fn(|| listener.try_next()).count(), 16);
    bench.assert_second(Some(LINK));
}

#[test]
fn another_users_socket_is_not_trusted() {
    let bench = Bench::new();
    let _listener = bench.first();
    let folder = bench.place.socket.parent().unwrap();
    let stranger = Place::within(folder, bench.place.uid + 1, "org.example.game").unwrap();
    assert!(matches!(claim_in(&Arc::new(stranger), Some(LINK)), Err(HandoffError::Refused(_))));
}

#[test]
fn arguments_that_can_do_harm_are_refused() {
    let bench = Bench::new();
    for link in ["rallypoint://join/K7QX2M\n", &"x".repeat(3000)] {
        assert!(matches!(bench.claim(Some(link)), Err(HandoffError::InvalidInput(_))));
    }
    let folder = bench.place.socket.parent().unwrap();
    for app_id in ["", "../x", ".hidden", "a/b", "a b", &"x".repeat(65)] {
        assert!(matches!(Place::within(folder, 0, app_id), Err(HandoffError::InvalidInput(_))), "{app_id:?}");
    }
}

#[test]
fn forwarded_links_reach_the_client_and_the_place_is_free_after_it() {
    let bench = Bench::new();
    let client = crate::Client::builder("http://127.0.0.1:1").build().unwrap();
    bench.first().forward_to(client.clone());
    bench.assert_second(Some(LINK));
    assert!(client.shutdown(Duration::from_secs(10)));
    let deadline = Instant::now() + Duration::from_secs(20);
    while bench.place.socket.exists() {
        assert!(Instant::now() < deadline, "the place was not given up");
        thread::yield_now();
    }
}
