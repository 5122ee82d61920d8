//! A client of Engine.IO by long polling.

use std::{collections::VecDeque, io, net::SocketAddr};

use serde_json::Value;

use super::{
    SEPARATOR, Server,
    http::{Answer, Http, Pending},
    in_time,
};

/// A session that polls.
pub struct Polling {
    pub sid: String,
    /// What the open packet says.
    pub details: Value,
    /// Where it is polled from and posted to.
    pub path: String,
    address: SocketAddr,
    polls: Http,
    posts: Http,
    inbox: VecDeque<String>,
}

impl Polling {
    /// Opens a session.
    pub async fn open(server: &Server, path: &str) -> Self {
        let path = format!("{path}?EIO=4&transport=polling");
        let mut polls = Http::new(server.address);
        let answer = polls.get(&path).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let details = answer.text().strip_prefix('0').and_then(|details| serde_json::from_str(details).ok());
        let details: Value = details.unwrap_or_else(|| panic!("no open packet: {answer:?}"));
        let sid = details["sid"].as_str().expect("a session id").to_owned();
        let path = format!("{path}&sid={sid}");
        let posts = Http::new(server.address);
        Self { sid, details, path, address: server.address, polls, posts, inbox: VecDeque::new() }
    }

    /// Polls, whatever the answer.
    pub async fn poll(&mut self) -> Answer {
        self.polls.get(&self.path).await
    }

    /// Begins a poll on a connection of its own.
    pub async fn start_poll(&self) -> Pending {
        Pending::get(self.address, &self.path).await
    }

    /// Posts a payload, whatever the answer.
    pub async fn post(&mut self, payload: &str) -> Answer {
        self.try_post(payload).await.expect("an answer to a post")
    }

    /// Posts a payload, upon which the server may hang up.
    pub async fn try_post(&mut self, payload: &str) -> io::Result<Answer> {
        self.posts.try_request("POST", &self.path, payload.as_bytes()).await
    }

    /// Posts what the server takes.
    pub async fn send(&mut self, payload: &str) {
        self.post(payload).await.expect(200, "ok");
    }

    /// Comes back when the server has seen what was sent before on any connection.
    pub async fn settle(&mut self) {
        self.send("6").await;
    }

    /// The next packet but pings, which are answered, and noops.
    pub async fn packet(&mut self) -> String {
        in_time("a packet that is neither ping nor noop", async {
            loop {
                let Some(packet) = self.inbox.pop_front() else {
                    let answer = self.poll().await;
                    assert_eq!(answer.status, 200, "{answer:?}");
                    self.inbox.extend(answer.packets());
                    continue;
                };
                match packet.as_str() {
                    "2" => self.send("3").await,
                    "6" => {}
                    _ => return packet,
                }
            }
        })
        .await
    }

    /// Checks what comes next but pings and noops.
    pub async fn expect(&mut self, packet: &str) {
        assert_eq!(self.packet().await, packet);
    }

    /// Has a message echoed.
    pub async fn echo(&mut self, message: &str) {
        let packet = format!("4{message}");
        self.send(&packet).await;
        self.expect(&packet).await;
    }

    /// Waits until the server knows the session no more, although pings are answered; returns what came before.
    pub async fn ended(&mut self) -> Vec<String> {
        let mut before: Vec<_> = self.inbox.drain(..).collect();
        in_time("the end of the session", async {
            loop {
                // A poll that waits when the session ends may be hung up on.
                let Ok(answer) = self.polls.try_request("GET", &self.path, b"").await else { continue };
                if answer.status != 200 {
                    assert_eq!(answer.status, 400, "{answer:?}");
                    return;
                }
                for packet in answer.packets() {
                    if packet == "2" {
                        let _ = self.try_post("3").await;
                    } else {
                        before.push(packet);
                    }
                }
            }
        })
        .await;
        before
    }

    /// Whether the server no longer takes anything for this session. Asking it keeps no session alive.
    pub async fn is_unknown(&mut self) -> bool {
        let answer = self.post("6").await;
        answer.status == 400 && answer.json()["code"] == 1
    }
}

/// One payload of several packets.
pub fn payload<T: AsRef<str>>(packets: &[T]) -> String {
    packets.iter().map(|packet| packet.as_ref()).collect::<Vec<&str>>().join(SEPARATOR)
}
