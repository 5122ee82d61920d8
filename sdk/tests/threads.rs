//! Alone in its process, so that every thread of the client's can be counted.
#![cfg(target_os = "linux")]

#[expect(dead_code, reason = "each test uses its part of it")]
mod support;

use std::{fs, time::Instant};

use rallypoint::{Client, Event, LinkState};
use serde_json::json;
use support::{FakeServer, PATIENCE, Sockets, invites, signed_in};

fn own_threads() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with("rallypoint")).collect()
}

#[tokio::test]
async fn no_thread_is_left_behind_by_clients_that_come_and_go() {
    let sockets = Sockets::Tokens(vec!["a1".into()], "UNAUTHENTICATED: sign in first".into());
    let server = FakeServer::start(sockets, |request| {
        Some(match request.path.as_str() {
            "/auth/guest" => (200, signed_in("a1", "r1")),
            path if path.starts_with("/invite/") => (200, invites(&[])),
            _ => (404, json!({ "status": "error", "code": "NOT_FOUND", "message": "no" })),
        })
    })
    .await;
    for round in 0..20 {
        let client = Client::builder(server.url()).build().unwrap();
        let mut events = client.events();
        client.guest(None).await.unwrap();
        let live = async {
            while let Some(event) = events.next().await {
                if matches!(event, Event::LinkChanged { state: LinkState::Live, .. }) {
                    return;
                }
            }
            panic!("the client has ended");
        };
        tokio::time::timeout(PATIENCE, live).await.unwrap();
        assert_eq!(own_threads().len(), 2);
        if round % 2 == 0 {
            assert!(client.shutdown(PATIENCE));
        } else {
            // Ends by being dropped; its readers learn of it.
            drop(client);
            while tokio::time::timeout(PATIENCE, events.next()).await.unwrap().is_some() {}
        }
        let begun = Instant::now();
        while !own_threads().is_empty() {
            assert!(begun.elapsed() < PATIENCE, "left behind: {:?}", own_threads());
            tokio::task::yield_now().await;
        }
    }
}
