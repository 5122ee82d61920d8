using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Rallypoint.Tests;
using UnityEngine;

namespace Rallypoint.MonoTests
{
    /// <summary>The friends sample, used with its buttons on the stand-in for Unity.</summary>
    [TestFixture]
    [Category("Server")]
    public sealed class FriendsPanelTests
    {
        private readonly List<GameAccess> _matches = new List<GameAccess>();
        private Table _table;
        private Cutter _cutter;
        private Player _ann;

        [SetUp]
        public void EnterPlayMode()
        {
            Stage.EnterPlayMode(typeof(RallypointBehaviour).Assembly);
            _cutter = new Cutter(TestServer.Url);
            Stage.Inspector["serverUrl"] = _cutter.Url;
            Application.absoluteURL = "";
            _matches.Clear();
            _table = new Table();
            _table.AlsoEachTurn(Stage.Frame);
            _ann = _table.Join("Ann");
            Open();
            Shown("Friends find you as ");
            _table.Until(() => Client.Link == LinkState.Live && Client.Friends.State.IsFetched, "live");
        }

        [TearDown]
        public void LeavePlayMode()
        {
            _table.Dispose();
            Stage.Quit();
            _cutter.Dispose();
        }

        [Test]
        public void SomebodyIsAskedByNameAndTheRequestTakenBack()
        {
            GUILayout.Typed = _ann.Client.User.Username;
            Press("Ask");
            Shown("Waiting for Ann#");
            _table.Until(() => _ann.Asked.Count == 1, "she is asked");
            Press("Take back Ann");
            _table.Until(() => _ann.Unfriended.Count == 1, "it is over");
            GUILayout.Typed = "nobody_of_this_name";
            Press("Ask");
            Gone("You have asked", "what went wrong is said instead");
            Assert.IsFalse(GUILayout.Shown.Any(line => line.Contains("Waiting for")));
        }

        [Test]
        public void ARequestIsAcceptedAndTheFriendSeenComingAndGoing()
        {
            _table.Result(_ann.Client.Friends.RequestAsync(Client.User.Username));
            Shown("asks for your friendship");
            Press("Accept Ann");
            Shown("Ann#" + _ann.Client.User.Tag + ": online");
            _table.Done(_ann.Client.Presence.SetStatusAsync("in the menu"));
            Shown("online, in the menu");
            _table.Done(_ann.Client.SignOutAsync());
            Shown("Ann#");
            Shown(": offline");
            Press("Remove Ann");
            Gone(": offline", "she is gone from the list");
        }

        [Test]
        public void ARequestIsDeclinedAndAFriendBlocked()
        {
            Friend asked = _table.Result(_ann.Client.Friends.RequestAsync(Client.User.Id));
            Press("Decline Ann");
            _table.Until(() => _ann.Unfriended.Exists(gone => gone.FriendshipId == asked.FriendshipId), "declined");
            Befriend();
            Press("Block Ann");
            _table.Until(() => _ann.Client.Friends.State.Friends.Count == 0, "it is over");
            Assert.AreEqual(_ann.Id, _table.Result(Client.Friends.BlockedAsync()).Single().Id);
        }

        [Test]
        public void AFriendIsChallengedOnTheChosenMap()
        {
            Befriend();
            Press("Choose a map");
            Press("Map: classic");
            Shown("Map: arena");
            Press("Challenge Ann");
            Shown("Waiting for Ann on arena …");
            _table.Until(() => _ann.Received.Count == 1, "she is challenged");
            Assert.AreEqual("arena", _ann.Received[0].Map);
            _ann.Client.Invites.MarkShown(_ann.Received[0].Id);
            Shown("Ann sees your challenge.");
            GameAccess hers = _table.Result(_ann.Client.Invites.AcceptAsync(_ann.Received[0].Id));
            _table.Until(() => _matches.Count == 1, "the match is ready");
            Assert.AreEqual(hers.GameId, _matches[0].GameId);
            Assert.IsNotEmpty(_matches[0].ConnectToken);
        }

        [Test]
        public void AChallengeOfAFriendsIsTaken()
        {
            Befriend();
            SentInvite sent = _table.Result(_ann.Client.Friends.ChallengeAsync(Client.User.Id, "retro"));
            Shown("challenges you on retro.");
            _table.Until(() => _ann.Heard(sent.Id, SentInviteProgress.Seen), "she knows that it is seen");
            Press("Play");
            _table.Until(() => _matches.Count == 1, "the match is ready");
            _table.Until(() => _ann.Heard(sent.Id, SentInviteProgress.Accepted), "she is told");
            Gone("challenges you on", "it rings no more");
        }

        [Test]
        public void AChallengeOfAFriendsIsDeclined()
        {
            Befriend();
            SentInvite sent = _table.Result(_ann.Client.Friends.ChallengeAsync(Client.User.Id, "classic"));
            Press("Not now");
            _table.Until(() => _ann.Heard(sent.Id, SentInviteProgress.Declined), "she is told");
            Assert.IsEmpty(_matches);
        }

        [Test]
        public void OfTwoFriendsWhoAreChallengedBothCanAccept()
        {
            Player bob = _table.Join("Bob");
            Befriend(bob);
            Befriend();
            GameAccess hers = Accepted(_ann);
            _table.Until(() => _matches.Count == 1, "the match with her is ready");
            Assert.AreEqual(hers.GameId, _matches[0].GameId);
            RallypointBehaviour.Find().GetComponent<FriendsPanel>().EndMatch();
            GameAccess his = Accepted(bob);
            _table.Until(() => _matches.Count == 2, "the match with him is ready");
            Assert.AreEqual(his.GameId, _matches[1].GameId);
        }

        [Test]
        public void WhoAcceptsDuringAnotherMatchWaitsForTheButton()
        {
            Player bob = _table.Join("Bob");
            Befriend(bob);
            Befriend();
            Accepted(_ann);
            _table.Until(() => _matches.Count == 1, "the match with her is ready");
            GameAccess his = Accepted(bob);
            Shown("Bob is ready to play, when you are.");
            Assert.AreEqual(1, _matches.Count, "nobody is torn out of a match");
            Press("Play with Bob");
            _table.Until(() => _matches.Count == 2, "the match with him is ready");
            Assert.AreEqual(his.GameId, _matches[1].GameId);
            Gone("Bob is ready", "he waits no more");
        }

        [Test]
        public void WhoAcceptsDuringAMatchThatAFriendHasOfferedWaitsAndCanBeLetGo()
        {
            Player bob = _table.Join("Bob");
            Befriend(bob);
            Befriend();
            _table.Result(_ann.Client.Friends.ChallengeAsync(Client.User.Id, "classic"));
            Press("Play");
            _table.Until(() => _matches.Count == 1, "the match with her is ready");
            GameAccess his = Accepted(bob);
            Press("Not with Bob");
            Gone("Bob is ready", "he waits no more");
            _table.Until(() => bob.Sessions.Exists(one => one.Code == his.SessionCode && !one.IsActive), "he is told");
            Assert.AreEqual(1, _matches.Count);
        }

        [Test]
        public void WhoAcceptsWhileAFriendsChallengeIsBeingTakenWaits()
        {
            Player bob = _table.Join("Bob");
            Befriend(bob);
            Befriend();
            Press("Challenge Bob");
            _table.Until(() => bob.Received.Count == 1, "he is challenged");
            _table.Result(_ann.Client.Friends.ChallengeAsync(Client.User.Id, "classic"));
            _cutter.HoldReplies("invite:respond:success");
            Press("Play");
            _table.Until(() => _ann.News.Exists(one => one.Progress == SentInviteProgress.Accepted), "hers is taken");
            _table.Result(bob.Client.Invites.AcceptAsync(bob.Received[0].Id));
            Shown("Bob is ready to play, when you are.");
            Assert.IsEmpty(_matches, "the reply is on its way");
            _cutter.ReleaseReplies();
            _table.Until(() => _matches.Count == 1, "the match with her is ready");
            Shown("Bob is ready to play, when you are.");
        }

        [Test]
        public void WhoHasGoneMeanwhileIsNotOffered()
        {
            Player bob = _table.Join("Bob");
            Befriend(bob);
            Befriend();
            GameAccess hers = Accepted(_ann);
            _table.Until(() => _matches.Count == 1, "the match with her is ready");
            GameAccess his = Accepted(bob);
            Shown("Bob is ready to play, when you are.");
            _table.Done(Client.Sessions.CloseAsync(his.SessionCode));
            Gone("Bob is ready", "there is nothing to play");
            _table.Done(Client.Sessions.CloseAsync(hers.SessionCode));
            _table.Until(() => _ann.Sessions.Exists(one => !one.IsActive), "hers is over as well");
            Accepted(bob);
            _table.Until(() => _matches.Count == 2, "so that the next one begins at once");
        }

        [Test]
        public void AChallengeThatIsDeclinedIsSaidAndForgotten()
        {
            Befriend();
            Press("Challenge Ann");
            _table.Until(() => _ann.Received.Count == 1, "she is challenged");
            _table.Done(_ann.Client.Invites.DeclineAsync(_ann.Received[0].Id));
            Shown("Ann doesn't want to play.");
            AcceptsSomethingElse();
            Assert.IsEmpty(_matches, "it was no challenge");
        }

        [Test]
        public void AnAnswerToAnInviteToSomethingElseIsNotTheChallenges()
        {
            Befriend();
            Press("Challenge Ann");
            _table.Until(() => _ann.Received.Count == 1, "she is challenged");
            Invite challenge = _ann.Received[0];
            AcceptsSomethingElse();
            Assert.IsEmpty(_matches, "it was no challenge");
            GameAccess hers = _table.Result(_ann.Client.Invites.AcceptAsync(challenge.Id));
            _table.Until(() => _matches.Count == 1, "the match is ready");
            Assert.AreEqual(hers.GameId, _matches[0].GameId);
        }

        [Test]
        public void ADeclineThatIsFasterThanTheReplyIsSaid()
        {
            List<SentInviteUpdate> news = ChallengeWithoutReply();
            _ann.Client.Invites.MarkShown(_ann.Received[0].Id);
            _table.Until(() => news.Exists(one => one.Progress == SentInviteProgress.Seen), "it is seen");
            _table.Done(_ann.Client.Invites.DeclineAsync(_ann.Received[0].Id));
            _table.Until(() => news.Exists(one => one.Progress == SentInviteProgress.Declined), "the answer comes");
            CollectionAssert.DoesNotContain(GUILayout.Shown, "Challenge Ann", "the reply does not");
            _cutter.ReleaseReplies();
            Shown("Ann doesn't want to play.");
        }

        [Test]
        public void AnAnswerThatIsFasterThanTheReplyCounts()
        {
            List<SentInviteUpdate> news = ChallengeWithoutReply();
            _table.Result(_ann.Client.Invites.AcceptAsync(_ann.Received[0].Id));
            _table.Until(() => news.Exists(one => one.Progress == SentInviteProgress.Accepted), "the answer comes");
            CollectionAssert.DoesNotContain(GUILayout.Shown, "Challenge Ann", "the reply does not");
            _cutter.ReleaseReplies();
            _table.Until(() => _matches.Count == 1, "the match is ready");
        }

        [Test]
        public void AnAnswerToAnEarlierChallengeCountsAfterALaterOneIsRefused()
        {
            Befriend();
            Press("Challenge Ann");
            _table.Until(() => _ann.Received.Count == 1, "she is challenged");
            Press("Challenge Ann");
            Shown("DUPLICATE_INVITATION");
            _table.Result(_ann.Client.Invites.AcceptAsync(_ann.Received[0].Id));
            _table.Until(() => _matches.Count == 1, "the match is ready");
        }

        [Test]
        public void AChallengeThatFailedIsNotWaitedFor()
        {
            Befriend();
            Press("Choose a map");
            Shown("Map: classic");
            Client.CutNetwork();
            Press("Challenge Ann");
            Shown("NETWORK");
            Client.RestoreNetwork();
            _table.Until(() => Client.Link == LinkState.Live, "live");
            Session session = _table.Result(Client.Sessions.CreateAsync());
            SentInvite sent = _table.Result(Client.Invites.SendAsync(_ann.Id, session.Code));
            List<SentInviteUpdate> news = News();
            _table.Until(() => _ann.Received.Count == 1, "she is invited, to something else");
            _table.Done(_ann.Client.Invites.DeclineAsync(sent.Id));
            _table.Until(() => news.Count == 1, "the answer comes");
            _table.Turn();
            Assert.IsFalse(GUILayout.Shown.Any(line => line.Contains("doesn't want")));
        }

        [Test]
        public void AChallengeThatRangBeforeThePanelWasThereIsShown()
        {
            Close();
            RallypointBehaviour rallypoint = Rallypoint();
            _table.Result(rallypoint.Client.SignInAsGuestAsync("Player"));
            _table.Until(() => Client.Link == LinkState.Live, "live");
            _table.Result(_ann.Client.Friends.RequestAsync(Client.User.Id));
            _table.Result(Client.Friends.RequestAsync(_ann.Id));
            var received = new List<Invite>();
            Client.InviteReceived += received.Add;
            SentInvite sent = _table.Result(_ann.Client.Friends.ChallengeAsync(Client.User.Id, "retro"));
            _table.Until(() => received.Count == 1, "it rings");
            Open(rallypoint);
            Shown("challenges you on retro.");
            _table.Until(() => _ann.Heard(sent.Id, SentInviteProgress.Seen), "she knows that it is seen");
        }

        [Test]
        public void ASignInThatFailsCanBeTriedAgain()
        {
            Close();
            RallypointBehaviour rallypoint = Rallypoint();
            rallypoint.Client.CutNetwork();
            Open(rallypoint);
            Press("Try again");
            Shown("NETWORK");
            rallypoint.Client.RestoreNetwork();
            Press("Try again");
            Shown("Friends find you as ");
            Gone("Try again", "there is nothing left to try");
        }

        [Test]
        public void MapsThatCouldNotBeLoadedAreAskedForAgain()
        {
            Befriend();
            Client.CutNetwork();
            Press("Choose a map");
            Shown("NETWORK");
            Client.RestoreNetwork();
            Press("Choose a map");
            Shown("Map: classic");
        }

        [Test]
        public void AGameThatFailsToStartTheMatchKeepsTheButtons()
        {
            Befriend();
            RallypointBehaviour.Find().GetComponent<FriendsPanel>().MatchReady += match =>
            {
                throw new InvalidOperationException("mine");
            };
            _table.Result(_ann.Client.Friends.ChallengeAsync(Client.User.Id, "classic"));
            Press("Play");
            _table.Until(() => Stage.Console.Exists(line => line.Contains("mine")), "in the console");
            Press("Choose a map");
            Shown("Map: classic");
        }

        [Test]
        public void TheListScrolls()
        {
            GUILayout.Wheel = 30f;
            _table.Until(() => GUILayout.Scrolled.y == 30f, "it has moved");
            _table.Turn();
            Assert.AreEqual(30f, GUILayout.Scrolled.y, "and stays there");
        }

        private static RallypointClient Client
        {
            get { return RallypointBehaviour.Find().Client; }
        }

        private static RallypointBehaviour Rallypoint()
        {
            return new GameObject("Rallypoint").AddComponent<RallypointBehaviour>();
        }

        private void Open()
        {
            Open(Rallypoint());
        }

        private void Open(RallypointBehaviour rallypoint)
        {
            rallypoint.gameObject.AddComponent<FriendsPanel>().MatchReady += _matches.Add;
        }

        private void Close()
        {
            UnityEngine.Object.Destroy(RallypointBehaviour.Find().gameObject);
            Stage.Frame();
        }

        /// <summary>The player is challenged with the button, and accepts.</summary>
        private GameAccess Accepted(Player player)
        {
            int before = player.Received.Count;
            Press("Challenge " + player.Name);
            _table.Until(() => player.Received.Count > before, player.Name + " is challenged");
            return _table.Result(player.Client.Invites.AcceptAsync(player.Received[before].Id));
        }

        /// <summary>She accepts an invite that the panel has not sent.</summary>
        private void AcceptsSomethingElse()
        {
            Session session = _table.Result(Client.Sessions.CreateAsync());
            SentInvite sent = _table.Result(Client.Invites.SendAsync(_ann.Id, session.Code));
            List<SentInviteUpdate> news = News();
            _table.Result(_ann.Client.Invites.AcceptAsync(sent.Id));
            _table.Until(() => news.Exists(one => one.Progress == SentInviteProgress.Accepted), "the answer comes");
            _table.Result(Client.Sessions.AccessAsync(session.Code));
            _table.Turn();
        }

        /// <summary>What happens to one's own invites from now on.</summary>
        private List<SentInviteUpdate> News()
        {
            var news = new List<SentInviteUpdate>();
            Client.SentInviteChanged += news.Add;
            return news;
        }

        /// <summary>Challenges Ann, whose challenge rings before the reply has come; gives the news of it.</summary>
        private List<SentInviteUpdate> ChallengeWithoutReply()
        {
            Befriend();
            Press("Choose a map");
            Shown("Map: classic");
            List<SentInviteUpdate> news = News();
            _cutter.HoldReplies();
            Press("Challenge Ann");
            _table.Until(() => _ann.Received.Count == 1, "she is challenged");
            return news;
        }

        private void Befriend()
        {
            Befriend(_ann);
        }

        private void Befriend(Player player)
        {
            _table.Result(player.Client.Friends.RequestAsync(Client.User.Id));
            Press("Accept " + player.Name);
            Shown(player.Name + "#" + player.Client.User.Tag + ": online");
            _table.Until(() => player.Befriended.Count == 1, "they are friends");
        }

        private void Press(string caption)
        {
            Shown(caption);
            GUILayout.Touched = caption;
            _table.Until(() => GUILayout.Touched == null, caption + " is pressed");
        }

        private void Shown(string text)
        {
            _table.Until(() => GUILayout.Shown.Any(line => line.Contains(text)), text);
        }

        private void Gone(string text, string what)
        {
            _table.Until(() => !GUILayout.Shown.Any(line => line.Contains(text)), what);
        }
    }
}
