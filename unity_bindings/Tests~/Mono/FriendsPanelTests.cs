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
        private Player _ann;

        [SetUp]
        public void EnterPlayMode()
        {
            Stage.EnterPlayMode(typeof(RallypointBehaviour).Assembly);
            Stage.Inspector["serverUrl"] = TestServer.Url;
            Application.absoluteURL = "";
            _matches.Clear();
            _table = new Table();
            _table.AlsoEachTurn(Stage.Frame);
            _ann = _table.Join("Ann");
            GameObject root = new GameObject("Rallypoint");
            root.AddComponent<RallypointBehaviour>();
            root.AddComponent<FriendsPanel>().MatchReady += _matches.Add;
            Shown("Friends find you as ");
            _table.Until(() => Client.Link == LinkState.Live && Client.Friends.State.IsFetched, "live");
        }

        [TearDown]
        public void LeavePlayMode()
        {
            _table.Dispose();
            Stage.Quit();
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
            Press("Map: classic");
            Shown("Map: arena");
            Press("Challenge Ann");
            _table.Until(() => _ann.Received.Count == 1, "she is challenged");
            Assert.AreEqual("arena", _ann.Received[0].Map);
            _ann.Client.Invites.MarkShown(_ann.Received[0].Id);
            Shown("Your challenge was seen.");
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

        private static RallypointClient Client
        {
            get { return RallypointBehaviour.Find().Client; }
        }

        private void Befriend()
        {
            _table.Result(_ann.Client.Friends.RequestAsync(Client.User.Id));
            Press("Accept Ann");
            Shown("Ann#" + _ann.Client.User.Tag + ": online");
            _table.Until(() => _ann.Befriended.Count == 1, "they are friends");
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
