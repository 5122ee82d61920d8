//! Signs in as a guest, opens a session, and accepts whatever invite comes.
//!
//! `cargo run -p rallypoint --example invite -- http://127.0.0.1:7777 Ada`

use rallypoint::{Client, Event, protocol::session::CreateSession};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_else(|| "http://127.0.0.1:7777".into());
    let name = arguments.next().unwrap_or_else(|| "Ada".into());

    let client = Client::builder(url).build()?;
    let mut events = client.events();
    let me = client.guest(Some(&name)).await?;
    let session = client.sessions().create(CreateSession::default()).await?;
    eprintln!("{} (user {}) hosts {}", me.full_name(), me.id, session.session_code);
    while let Some(event) = events.next().await {
        if let Event::InviteAdded(entry) = event {
            client.invites().shown(entry.id());
            let seat = client.invites().accept(entry.id()).await?;
            eprintln!("joined {} in {:?}", entry.invite.sender_name, seat.session_code);
        }
    }
    Ok(())
}
