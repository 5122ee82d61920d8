using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;

namespace Rallypoint.Tests
{
    /// <summary>Friends, their presence, and challenges.</summary>
    [TestFixture]
    [Category("Server")]
    public sealed class FriendsTests
    {
        private Table _table;
        private Player _ann;
        private Player _bob;
        private long _bobId;

        [SetUp]
        public void Arrive()
        {
            _table = new Table();
            _ann = _table.Join("Ann");
            _bob = _table.Join("Bob");
            // He may have signed out later.
            _bobId = _bob.Id;
        }

        [TearDown]
        public void Leave()
        {
            _table.Dispose();
        }

        [Test]
        public void ARequestByNameIsAcceptedAndBothSeeEachOther()
        {
            _table.Until(() => _ann.Client.Friends.State.IsFetched, "the lists are read");
            Friend asked = _table.Result(_ann.Client.Friends.RequestAsync(_bob.Client.User.Username));
            Assert.IsFalse(asked.IsAccepted || asked.IsIncoming);
            Assert.AreEqual(_bob.Id, asked.User.Id);
            Assert.AreEqual(asked.FriendshipId, _ann.Client.Friends.State.Requests.Single().FriendshipId);
            _table.Until(() => _bob.Asked.Count == 1, "he is asked");
            Assert.IsTrue(_bob.Asked[0].IsIncoming);
            Assert.AreEqual(_ann.Id, _bob.Asked[0].User.Id);
            Assert.AreEqual(1, _table.Result(_bob.Client.Friends.RequestsAsync()).Count);

            Friend made = _table.Result(_bob.Client.Friends.AcceptAsync(_bob.Asked[0].FriendshipId));
            Assert.IsTrue(made.IsAccepted && made.Presence.IsOnline && made.Since.HasValue);
            Assert.AreEqual(_ann.Id, _bob.Client.Friends.State.Friends.Single().User.Id);
            _table.Until(() => _ann.Befriended.Count == 1 && _bob.Befriended.Count == 1, "both are told");
            _table.Until(() => Bobs(_ann) != null && Bobs(_ann).Since.HasValue, "the list has the time");
            Assert.IsTrue(Bobs(_ann).Presence.IsOnline);
            Assert.AreEqual(_bob.Id, _table.Result(_ann.Client.Friends.ListAsync()).Single().User.Id);
        }

        [Test]
        public void RequestsThatCrossMakeAFriendship()
        {
            _table.Result(_ann.Client.Friends.RequestAsync(_bob.Id));
            Assert.IsTrue(_table.Result(_bob.Client.Friends.RequestAsync(_ann.Id)).IsAccepted);
            _table.Until(() => _ann.Befriended.Count == 1, "she is told");
        }

        [Test]
        public void WhatAFriendSaysAndWhetherHeIsThereIsToldAndKept()
        {
            Befriend(_ann, _bob);
            _table.Done(_bob.Client.Presence.SetStatusAsync("in the menu"));
            _table.Until(() => Bobs(_ann).Presence.Status == "in the menu", "she reads it");
            _table.Until(() => _ann.Friends.Friends.Single().Presence.Status == "in the menu", "the event told");
            _table.Done(_bob.Client.SignOutAsync());
            _table.Until(() => !Bobs(_ann).Presence.IsOnline && !Bobs(_ann).User.IsOnline, "he is gone");
            Assert.IsFalse(_bob.Client.Friends.State.IsFetched, "nobody is signed in there");
        }

        [Test]
        public void DecliningRemovingAndBlockingEndIt()
        {
            Friend first = _table.Result(_ann.Client.Friends.RequestAsync(_bob.Id));
            _table.Until(() => _bob.Asked.Count == 1, "he is asked");
            _table.Done(_bob.Client.Friends.DeclineAsync(first.FriendshipId));
            _table.Until(() => _ann.Unfriended.Count == 1, "she is told");
            Assert.AreEqual(first.FriendshipId, _ann.Unfriended[0].FriendshipId);

            Befriend(_ann, _bob);
            _table.Done(_ann.Client.Friends.RemoveAsync(Bobs(_ann).FriendshipId));
            Assert.IsEmpty(_ann.Client.Friends.State.Friends);
            _table.Until(() => _bob.Client.Friends.State.Friends.Count == 0, "his list is empty too");

            Befriend(_ann, _bob);
            _table.Done(_ann.Client.Friends.BlockAsync(_bob.Id));
            Assert.IsEmpty(_ann.Client.Friends.State.Friends);
            Assert.AreEqual(_bob.Id, _table.Result(_ann.Client.Friends.BlockedAsync()).Single().Id);
            Assert.AreEqual(
                RallypointErrorCode.Forbidden,
                _table.Error(_ann.Client.Friends.RequestAsync(_bob.Id)).Code);
            _table.Done(_ann.Client.Friends.BlockAsync(_bob.Id));
            _table.Done(_ann.Client.Friends.UnblockAsync(_bob.Id));
            _table.Done(_ann.Client.Friends.UnblockAsync(_bob.Id));
            Assert.IsEmpty(_table.Result(_ann.Client.Friends.BlockedAsync()));
        }

        [Test]
        public void WhatWasMissedIsToldAfterTheReconnect()
        {
            _table.Until(() => _bob.Client.Friends.State.IsFetched, "the lists are read");
            _bob.Client.CutNetwork();
            _table.Until(() => _bob.Client.Link == LinkState.Offline, "he is cut off");
            _table.Result(_ann.Client.Friends.RequestAsync(_bob.Id));
            Assert.IsEmpty(_bob.Asked);
            _bob.Client.RestoreNetwork();
            _table.Until(() => _bob.Asked.Count == 1, "he hears of it");
            Assert.AreEqual(_ann.Id, _bob.Client.Friends.State.Requests.Single().User.Id);
        }

        [Test]
        public void WhatChangedBetweenTwoPollsIsListedOnceAfterItWasTold()
        {
            using (var client = new RallypointClient(TestServer.Url))
            {
                bool isPolled = true;
                _table.AlsoEachTurn(() =>
                {
                    if (isPolled)
                    {
                        client.Poll();
                    }
                });
                _table.Result(client.SignInAsGuestAsync("Cleo"));
                _table.Until(() => client.Link == LinkState.Live && client.Friends.State.IsFetched, "she is live");
                Player dee = _table.Join("Dee");
                client.Poll();
                var told = new List<string>();
                FriendList list = null;
                client.FriendRequested += friend => told.Add(friend.User.DisplayName);
                client.FriendsChanged += now =>
                {
                    told.Add("the list");
                    list = now;
                };
                isPolled = false;
                foreach (Player player in new[] { _ann, _bob, dee })
                {
                    _table.Result(player.Client.Friends.RequestAsync(client.User.Id));
                }
                _table.Until(() => client.Friends.State.Requests.Count == 3, "the requests are known");
                client.Poll();
                CollectionAssert.AreEqual(new[] { "Ann", "Bob" }, told.Take(2));
                Assert.AreEqual("the list", told.Last());
                Assert.AreEqual(1, told.Count(one => one == "the list"));
                Assert.AreEqual(3, list.Requests.Count, "it is the newest");
            }
        }

        [Test]
        public void FriendsOfFriendsAreSuggested()
        {
            Player cleo = _table.Join("Cleo");
            Befriend(_ann, _bob);
            Befriend(_bob, cleo);
            FriendSuggestion suggestion = _table.Result(_ann.Client.Friends.SuggestionsAsync()).Single();
            Assert.AreEqual(cleo.Id, suggestion.User.Id);
            Assert.AreEqual(1, suggestion.MutualFriends);
        }

        [Test]
        public void AChallengeLeadsBothIntoTheMatchAndLeavesATrace()
        {
            Befriend(_ann, _bob);
            IReadOnlyList<string> maps = _table.Result(_ann.Client.Friends.MapsAsync());
            CollectionAssert.Contains(maps, "arena");
            SentInvite sent = _table.Result(_ann.Client.Friends.ChallengeAsync(_bob.Id, "arena"));
            Assert.AreEqual(InviteKind.Map, sent.Kind);
            Assert.AreEqual("arena", sent.Map);
            Assert.AreEqual(Bobs(_ann).FriendshipId, sent.FriendshipId);
            Assert.IsEmpty(sent.SessionCode);
            _table.Until(() => _bob.Received.Count == 1, "it rings");
            Invite invite = _bob.Received[0];
            Assert.AreEqual(InviteKind.Map, invite.Kind);
            Assert.AreEqual("arena", invite.Map);
            Assert.AreEqual(Bobs(_ann).FriendshipId, invite.FriendshipId);
            Assert.AreEqual(invite.FriendshipId, _bob.Client.Invites.List().Single().FriendshipId);
            _bob.Client.Invites.MarkShown(invite.Id);
            _table.Until(() => _ann.Heard(sent.Id, SentInviteProgress.Seen), "she sees that it was seen");

            GameAccess his = _table.Result(_bob.Client.Invites.AcceptAsync(invite.Id));
            Assert.IsNotEmpty(his.ConnectToken);
            _table.Until(() => _ann.Heard(sent.Id, SentInviteProgress.Accepted), "she is told");
            SentInviteUpdate accepted = _ann.News.Last(news => news.InviteId == sent.Id);
            Assert.AreEqual(his.SessionCode, accepted.SessionCode);
            GameAccess hers = _table.Result(_ann.Client.Sessions.AccessAsync(accepted.SessionCode));
            Assert.AreEqual(his.GameId, hers.GameId);
            SentInvite listed = _table.Result(_ann.Client.Invites.SentAsync()).Single();
            Assert.AreEqual("arena", listed.Map);
            Assert.AreEqual(sent.FriendshipId, listed.FriendshipId);
            Assert.AreEqual(his.SessionCode, listed.SessionCode);

            InviteTrace trace = _table.Result(_ann.Client.Invites.TraceAsync(sent.Id));
            Assert.AreEqual(InviteStatus.Accepted, trace.Status);
            Assert.AreEqual(_bob.Id, trace.OtherId);
            CollectionAssert.AreEqual(
                new[] { InviteStep.Created, InviteStep.Delivered, InviteStep.Seen, InviteStep.Accepted },
                trace.Steps.Select(step => step.Step));
            CollectionAssert.Contains(trace.Steps[1].Via, "socketio");
            Assert.AreEqual(_ann.Id, _table.Result(_bob.Client.Invites.TraceAsync(sent.Id)).OtherId);
            Player stranger = _table.Join("Cleo");
            Assert.AreEqual(
                RallypointErrorCode.InvitationNotFound,
                _table.Error(stranger.Client.Invites.TraceAsync(sent.Id)).Code);
        }

        [Test]
        public void AChallengeIsDeclinedOrRefused()
        {
            Assert.AreEqual(
                RallypointErrorCode.InvalidFriendship,
                _table.Error(_ann.Client.Friends.ChallengeAsync(_bob.Id, "arena")).Code);
            Befriend(_ann, _bob);
            Assert.AreEqual(
                RallypointErrorCode.InvalidMap,
                _table.Error(_ann.Client.Friends.ChallengeAsync(_bob.Id, "the moon")).Code);
            SentInvite sent = _table.Result(_ann.Client.Friends.ChallengeAsync(_bob.Id, "retro"));
            Assert.AreEqual(
                RallypointErrorCode.DuplicateInvitation,
                _table.Error(_ann.Client.Friends.ChallengeAsync(_bob.Id, "retro")).Code);
            _table.Until(() => _bob.Received.Count == 1, "it rings");
            _table.Done(_bob.Client.Invites.DeclineAsync(sent.Id));
            _table.Until(() => _ann.Heard(sent.Id, SentInviteProgress.Declined), "she is told");
        }

        [Test]
        public void AChallengeThatEndsWithTheFriendshipIsOverForBoth()
        {
            Befriend(_ann, _bob);
            SentInvite sent = _table.Result(_ann.Client.Friends.ChallengeAsync(_bob.Id, "classic"));
            _table.Until(() => _bob.Received.Count == 1, "it rings");
            _table.Done(_bob.Client.Friends.RemoveAsync(_bob.Client.Friends.State.Friends.Single().FriendshipId));
            _table.Until(() => _bob.Lost(sent.Id, InviteRemovalReason.Cancelled), "it rings no more");
            _table.Until(() => _ann.Heard(sent.Id, SentInviteProgress.Cancelled), "she knows");
        }

        private void Befriend(Player one, Player other)
        {
            _table.Result(one.Client.Friends.RequestAsync(other.Id));
            _table.Result(other.Client.Friends.RequestAsync(one.Id));
            _table.Until(() => Knows(one, other) && Knows(other, one), "they are friends");
        }

        private static bool Knows(Player one, Player other)
        {
            return one.Client.Friends.State.Friends.Any(friend => friend.User.Id == other.Id);
        }

        private Friend Bobs(Player player)
        {
            return player.Client.Friends.State.Friends.FirstOrDefault(friend => friend.User.Id == _bobId);
        }
    }
}
