//! Friends and challenges through the client library, also where the socket is gone.

use anyhow::Result;
use rallypoint::{Event, LinkState, SentProgress};
use rallypoint_e2e::{Proxy, SdkPlayer, TestServer};
use rallypoint_protocol::{
    ErrorCode, FriendshipId, SessionCode,
    invite::{InviteKind, InviteStatus, InviteStep},
};

struct Two {
    server: TestServer,
    proxy: Proxy,
    ann: SdkPlayer,
    bea: SdkPlayer,
}

async fn two() -> Result<Two> {
    let server = TestServer::start().await?;
    let proxy = Proxy::before(server.url()).await?;
    let ann = SdkPlayer::guest(proxy.url(), "Ann").await?;
    let bea = SdkPlayer::guest(proxy.url(), "Bea").await?;
    Ok(Two { server, proxy, ann, bea })
}

impl Two {
    async fn befriend(&mut self) -> Result<FriendshipId> {
        let asked = self.ann.client.friends().request_user(self.bea.id).await?;
        let made = self.bea.client.friends().accept(asked.friendship_id).await?;
        for player in [&mut self.ann, &mut self.bea] {
            assert_eq!(until_friends(player).await, made.friendship_id);
        }
        Ok(made.friendship_id)
    }

    async fn cut_sockets(&mut self) {
        self.proxy.cut_sockets();
        for player in [&mut self.ann, &mut self.bea] {
            player.link(LinkState::Fallback).await;
        }
    }
}

async fn until_friends(player: &mut SdkPlayer) -> FriendshipId {
    let pick = |event: &Event| match event {
        Event::FriendAccepted(friend) => Some(friend.friendship_id),
        _ => None,
    };
    player.until("a friend", pick).await
}

async fn until_accepted(player: &mut SdkPlayer) -> Option<SessionCode> {
    let pick = |event: &Event| match event {
        Event::SentInviteChanged(update) if update.progress == SentProgress::Accepted => Some(update.session_code),
        _ => None,
    };
    player.until("an accepted challenge", pick).await
}

#[tokio::test]
async fn a_challenge_leads_both_into_one_game_over_the_socket_and_without() -> Result<()> {
    for live in [true, false] {
        let mut two = two().await?;
        let friendship = two.befriend().await?;
        if !live {
            two.cut_sockets().await;
        }
        let sent = two.ann.client.friends().challenge(two.bea.id, "arena").await?;
        assert_eq!(sent.friendship_id, friendship);
        let rings = two.bea.rings(sent.invite_id).await.invite;
        assert_eq!((rings.kind, rings.map.as_deref()), (InviteKind::Map, Some("arena")));
        assert_eq!((rings.friendship_id, rings.session_code), (Some(friendship), None));
        let hers = two.bea.client.invites().accept(sent.invite_id).await?;
        assert_eq!(hers.status, InviteStatus::Accepted);
        assert!(hers.connect_token.is_some() && hers.game_id.is_some());
        let code = until_accepted(&mut two.ann).await;
        assert!(code.is_some() && code == hers.session_code, "live: {live}, {code:?}");
        let access = two.ann.client.sessions().access(hers.session_code.unwrap()).await?;
        assert_eq!(Some(access.game_id), hers.game_id);

        let trace = two.ann.client.invites().trace(sent.invite_id).await?;
        assert_eq!((trace.status, trace.receiver_id), (InviteStatus::Accepted, two.bea.id));
        let delivered = trace.steps.iter().find(|step| step.step == InviteStep::Delivered).unwrap();
        let way = if live { "socketio" } else { "rest" };
        assert!(delivered.via.iter().any(|via| via == way), "live: {live}, {:?}", delivered.via);
    }
    Ok(())
}

#[tokio::test]
async fn a_declined_challenge_is_told_without_a_socket_too() -> Result<()> {
    let mut two = two().await?;
    two.befriend().await?;
    two.cut_sockets().await;
    let sent = two.ann.client.friends().challenge(two.bea.id, "classic").await?;
    two.bea.rings(sent.invite_id).await;
    two.bea.client.invites().decline(sent.invite_id).await?;
    let pick = |event: &Event| match event {
        Event::SentInviteChanged(update) if update.progress == SentProgress::Declined => Some(update.invite_id),
        _ => None,
    };
    assert_eq!(two.ann.until("its end", pick).await, sent.invite_id);
    Ok(())
}

#[tokio::test]
async fn what_friends_did_while_the_socket_was_gone_is_told_when_it_is_back() -> Result<()> {
    let mut two = two().await?;
    two.befriend().await?;
    two.bea.client.presence().set_status(Some("in the menu".into())).await?;
    let said = |event: &Event| match event {
        Event::PresenceChanged(presence) => (presence.status.as_deref() == Some("in the menu")).then_some(()),
        _ => None,
    };
    two.ann.until("what she says", said).await;
    let shown = two.ann.client.friends().state().friends[0].presence.clone();
    assert_eq!(shown.and_then(|presence| presence.status).as_deref(), Some("in the menu"));

    two.cut_sockets().await;
    let cleo = SdkPlayer::guest(two.server.url(), "Cleo").await?;
    let asked = cleo.client.friends().request_user(two.ann.id).await?;
    two.bea.client.friends().remove(two.bea.client.friends().state().friends[0].friendship_id).await?;
    assert!(two.bea.client.friends().state().friends.is_empty());
    two.proxy.restore_sockets();
    two.ann
        .until("who asked meanwhile", |event| match event {
            Event::FriendRequested(friend) => (friend.friendship_id == asked.friendship_id).then_some(()),
            _ => None,
        })
        .await;
    let left = |event: &Event| match event {
        Event::FriendRemoved(friend) => Some(friend.user.id),
        _ => None,
    };
    assert_eq!(two.ann.until("who left meanwhile", left).await, two.bea.id);
    let refused = two.ann.client.friends().challenge(two.bea.id, "arena").await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::InvalidFriendship));
    Ok(())
}

#[tokio::test]
async fn what_one_says_of_oneself_outlives_a_cut_cable() -> Result<()> {
    let mut two = two().await?;
    two.befriend().await?;
    two.bea.client.presence().set_status(Some("in the menu".into())).await?;
    let here = |event: &Event| match event {
        Event::PresenceChanged(presence) => (presence.status.as_deref() == Some("in the menu")).then_some(()),
        _ => None,
    };
    two.ann.until("what she says", here).await;
    two.bea.client.network().cut();
    let gone = |event: &Event| match event {
        Event::PresenceChanged(presence) => (!presence.online).then_some(()),
        _ => None,
    };
    two.ann.until("her going", gone).await;
    two.bea.client.network().restore();
    two.ann.until("what she says again", here).await;
    Ok(())
}

#[tokio::test]
async fn an_invite_that_ends_elsewhere_is_told_to_its_sender() -> Result<()> {
    let mut two = two().await?;
    let ends = |invite| {
        move |event: &Event| match event {
            Event::SentInviteChanged(update) if update.invite_id == invite => {
                (update.progress == SentProgress::Cancelled).then_some(())
            }
            _ => None,
        }
    };
    let session = two.ann.client.sessions().create(Default::default()).await?;
    let sent = two.ann.client.invites().send(two.bea.id, session.session_code).await?;
    two.bea.rings(sent.invite_id).await;
    two.ann.client.sessions().close(session.session_code).await?;
    two.ann.until("the end by the session", ends(sent.invite_id)).await;

    two.befriend().await?;
    let sent = two.ann.client.friends().challenge(two.bea.id, "arena").await?;
    two.bea.rings(sent.invite_id).await;
    two.bea.client.friends().remove(sent.friendship_id).await?;
    two.ann.until("the end by the friendship", ends(sent.invite_id)).await;

    let session = two.ann.client.sessions().create(Default::default()).await?;
    let sent = two.ann.client.invites().send(two.bea.id, session.session_code).await?;
    two.bea.rings(sent.invite_id).await;
    two.ann.client.friends().block(two.bea.id).await?;
    two.ann.until("the end by a block", ends(sent.invite_id)).await;
    Ok(())
}
