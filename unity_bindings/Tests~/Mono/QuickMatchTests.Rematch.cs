using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Rallypoint.Tests;
using UnityEngine;

namespace Rallypoint.MonoTests
{
    public sealed partial class QuickMatchTests
    {
        [Test]
        public void ARematchThatTheOtherOneOfferedIsAcceptedByTheButton()
        {
            GiveUp(_ann, Meet(_ann));
            Session session = Offered(_ann);
            _table.Until(() => Client.Invites.List().Count == 1, "it rings");
            Press("Rematch");
            Plays(_ann, session.GameId);
        }

        [Test]
        public void OfTwoOffersThatCrossTheOneOfTheSmallerIdIsPlayed()
        {
            GiveUp(_ann, Meet(_ann));
            Press("Rematch");
            _table.Until(() => _ann.Received.Count == 1, "theirs rings");
            long theirs = _ann.Received[0].Id;
            Session session = Offered(_ann);
            Plays(_ann, session.GameId);
            _table.Until(() => _ann.Lost(theirs, InviteRemovalReason.SessionClosed), "theirs is taken back");
        }

        [Test]
        public void AnAcceptThatIsFasterThanTheReplyStartsTheRematch()
        {
            GiveUp(_ann, Meet(_ann));
            List<SentInviteUpdate> news = News();
            _cutter.HoldReplies("invite:send:success");
            Offer();
            GameAccess hers = _table.Result(_ann.Client.Invites.AcceptAsync(_ann.Received[0].Id));
            _table.Until(() => news.Exists(one => one.Progress == SentInviteProgress.Accepted), "the answer comes");
            CollectionAssert.DoesNotContain(GUILayout.Shown, "Rematch", "the reply does not");
            Plays(_ann, hers.GameId);
            _cutter.ReleaseReplies();
            Press("Give up");
            Press("Back");
            Shown("Rematch");

            var received = new List<Invite>();
            Client.InviteReceived += received.Add;
            Session next = Offered(_ann);
            _table.Until(() => received.Count == 1, "hers rings");
            _table.Turn();
            Assert.IsFalse(Stage.Console.Exists(line => line.StartsWith("exception")), "nothing is left of his");
            Press("Rematch");
            Plays(_ann, next.GameId);
        }

        [Test]
        public void AnAcceptOfAnEarlierOfferCountsAfterALaterOneIsRefused()
        {
            GiveUp(_ann, Meet(_ann));
            Offer();
            List<Session> closed = Closed(Client);
            Press("Rematch");
            Shown("DUPLICATE_INVITATION");
            _table.Until(() => closed.Count == 1, "the session of the later one is closed");
            Assert.AreNotEqual(_ann.Received[0].SessionCode, closed[0].Code);
            Plays(_ann, _table.Result(_ann.Client.Invites.AcceptAsync(_ann.Received[0].Id)).GameId);
        }

        [Test]
        public void AnOfferThatFailedIsNotWaitedFor()
        {
            GiveUp(_ann, Meet(_ann));
            Session other = _table.Result(Client.Sessions.CreateAsync());
            SentInvite sent = _table.Result(Client.Invites.SendAsync(_ann.Id, other.Code));
            Press("Rematch");
            Shown("DUPLICATE_INVITATION");
            List<SentInviteUpdate> news = News();
            _table.Result(_ann.Client.Invites.AcceptAsync(sent.Id));
            _table.Until(() => news.Exists(one => one.Progress == SentInviteProgress.Accepted), "the answer comes");
            _table.Result(Client.Sessions.AccessAsync(other.Code));
            _table.Turn();
            CollectionAssert.Contains(GUILayout.Shown, "Rematch", "it was an invite to something else");
        }

        [Test]
        public void ARematchThatCannotBePlayedHereKeepsTheButtons()
        {
            GiveUp(_ann, Meet(_ann));
            Offered(_ann, new SessionSettings { ServerAddress = "127.0.0.1", ServerPort = 7000 });
            _table.Until(() => Client.Invites.List().Count == 1, "it rings");
            Press("Rematch");
            _table.Until(() => Stage.Console.Exists(line => line.Contains("A game has an id.")), "in the console");
            Press("Quick match");
            Shown("You are number ");
        }

        [Test]
        public void ARefusedOfferClosesItsSession()
        {
            GiveUp(_ann, Meet(_ann));
            _table.Done(_ann.Client.SignOutAsync());
            List<Session> closed = Closed(Client);
            Press("Rematch");
            Shown("USER_OFFLINE");
            _table.Until(() => closed.Count == 1, "it is closed");
        }

        [Test]
        public void ADeclinedOfferIsSaidClosedAndForgotten()
        {
            GiveUp(_ann, Meet(_ann));
            List<Session> closed = Closed(Client);
            string code = Decline();
            Shown("Ann doesn't want another match.");
            _table.Until(() => closed.Exists(one => one.Code == code), "it is closed");
            HersIsNotAcceptedUnasked(_ann);
        }

        [Test]
        public void ADeclineThatIsFasterThanTheReplyIsSaidAfterIt()
        {
            GiveUp(_ann, Meet(_ann));
            List<Session> closed = Closed(Client);
            List<SentInviteUpdate> news = News();
            _cutter.HoldReplies("invite:send:success");
            string code = Decline();
            _table.Until(() => news.Exists(one => one.Progress == SentInviteProgress.Declined), "the answer comes");
            CollectionAssert.DoesNotContain(GUILayout.Shown, "Rematch", "the reply does not");
            _cutter.ReleaseReplies();
            Shown("Ann doesn't want another match.");
            _table.Until(() => closed.Exists(one => one.Code == code), "it is closed");
        }

        [Test]
        public void AnExpiredOfferIsSaidClosedAndForgotten()
        {
            Close();
            Stage.Inspector["serverUrl"] = TestServer.QuickExpiryUrl;
            Player ann = _table.Join("Ann", TestServer.QuickExpiryUrl);
            Open(Rallypoint());
            GiveUp(ann, Meet(ann));
            List<Session> closed = Closed(Client);
            Press("Rematch");
            Shown("Ann didn't answer in time.");
            _table.Until(() => closed.Exists(one => one.Code == ann.Received[0].SessionCode), "it is closed");
            HersIsNotAcceptedUnasked(ann);
        }

        [Test]
        public void AnOfferThatIsTakenBackElsewhereIsSaid()
        {
            GiveUp(_ann, Meet(_ann));
            Offer();
            _table.Done(Client.Invites.CancelAsync(_ann.Received[0].Id));
            Shown("Ann is no longer invited.");
        }

        [Test]
        public void ASessionThatCouldNotBeClosedIsClosedWithTheNextOffer()
        {
            Close();
            RallypointBehaviour rallypoint = Rallypoint();
            RallypointClient client = rallypoint.Client;
            client.SentInviteChanged += news =>
            {
                if (news.Progress == SentInviteProgress.Declined)
                {
                    client.CutNetwork();
                }
            };
            Open(rallypoint);
            GiveUp(_ann, Meet(_ann));
            string code = Decline();
            Shown("Ann doesn't want another match.");
            client.RestoreNetwork();
            _table.Until(() => client.Link == LinkState.Live, "live");
            Assert.IsTrue(_table.Result(client.Sessions.GetAsync(code)).IsActive);
            List<Session> closed = Closed(client);
            Press("Rematch");
            _table.Until(() => _ann.Received.Count == 2, "she is invited again");
            _table.Until(() => closed.Exists(one => one.Code == code), "it is closed");
        }

        [Test]
        public void TheSessionOfAGameThatWasPlayedIsClosedWithTheNextOffer()
        {
            GiveUp(_ann, Meet(_ann));
            Offer();
            Plays(_ann, _table.Result(_ann.Client.Invites.AcceptAsync(_ann.Received[0].Id)).GameId);
            Press("Give up");
            Press("Back");
            List<Session> closed = Closed(Client);
            Press("Rematch");
            _table.Until(() => _ann.Received.Count == 2, "she is invited again");
            _table.Until(() => closed.Count == 1, "the first one is closed");
            Assert.AreEqual(_ann.Received[0].SessionCode, closed[0].Code);
        }

        [Test]
        public void AnOfferIsTakenBackWhenAnotherGameBegins()
        {
            Player bob = _table.Join("Bob");
            GiveUp(_ann, Meet(_ann));
            Offer();
            Meet(bob);
            _table.Until(() => _ann.Lost(_ann.Received[0].Id, InviteRemovalReason.SessionClosed), "it rings no more");
            Shown("Against Bob#");
        }

        [Test]
        public void AnAcceptThatComesDuringAnotherGameDoesNotSwitch()
        {
            Player bob = _table.Join("Bob");
            GiveUp(_ann, Meet(_ann));
            List<SentInviteUpdate> news = News();
            Offer();
            Shown("Rematch");
            _cutter.HoldReplies("invite:accepted");
            _table.Result(_ann.Client.Invites.AcceptAsync(_ann.Received[0].Id));
            Meet(bob);
            _table.Until(() => Ended(_ann, _ann.Received[0].SessionCode), "she does not wait in vain");
            _cutter.ReleaseReplies();
            _table.Until(() => news.Exists(one => one.Progress == SentInviteProgress.Accepted), "the answer comes");
            StaysAgainst("Bob");
        }

        [Test]
        public void AnotherGameThatBeginsWhileAnAcceptIsFollowedIsKept()
        {
            Player bob = _table.Join("Bob");
            GiveUp(_ann, Meet(_ann));
            List<SentInviteUpdate> news = News();
            Offer();
            Press("Quick match");
            Shown("You are number ");
            _cutter.HoldReplies();
            _table.Result(_ann.Client.Invites.AcceptAsync(_ann.Received[0].Id));
            _table.Until(() => news.Exists(one => one.Progress == SentInviteProgress.Accepted), "the answer comes");
            _table.Result(bob.Client.Matchmaking.JoinQueueAsync());
            Shown("Against Bob#");
            _cutter.ReleaseReplies();
            _table.Until(() => Ended(_ann, _ann.Received[0].SessionCode), "she does not wait in vain");
            StaysAgainst("Bob");
        }

        [Test]
        public void AnotherGameThatBeginsWhileOneGivesWayIsKept()
        {
            Player bob = _table.Join("Bob");
            GiveUp(_ann, Meet(_ann));
            Offer();
            Press("Quick match");
            Shown("You are number ");
            _cutter.HoldReplies("invite:respond:success");
            Session hers = Offered(_ann);
            _table.Until(
                () => _ann.News.Exists(one => one.Progress == SentInviteProgress.Accepted), "hers is accepted");
            _table.Result(bob.Client.Matchmaking.JoinQueueAsync());
            Shown("Against Bob#");
            _cutter.ReleaseReplies();
            _table.Until(() => Left(_ann, hers.Code), "she does not wait in vain");
            StaysAgainst("Bob");
        }

        [Test]
        public void WhoIsAcceptedWhileWaitingInTheQueueLeavesIt()
        {
            GiveUp(_ann, Meet(_ann));
            Offer();
            Press("Quick match");
            Shown("You are number ");
            Plays(_ann, _table.Result(_ann.Client.Invites.AcceptAsync(_ann.Received[0].Id)).GameId);
            _table.Until(() => Client.Matchmaking.State.Status == QueueStatus.Idle, "nobody else is looked for");
        }

        [Test]
        public void AnOfferIsTakenBackWhenTheSampleGoes()
        {
            GiveUp(_ann, Meet(_ann));
            Offer();
            UnityEngine.Object.Destroy(RallypointBehaviour.Find().GetComponent<QuickMatch>());
            _table.Until(() => _ann.Lost(_ann.Received[0].Id, InviteRemovalReason.SessionClosed), "it rings no more");
        }

        private static List<Session> Closed(RallypointClient client)
        {
            var closed = new List<Session>();
            client.SessionUpdated += session =>
            {
                if (!session.IsActive)
                {
                    closed.Add(session);
                }
            };
            return closed;
        }

        private static bool Ended(Player player, string code)
        {
            return player.Sessions.Exists(one => one.Code == code && !one.IsActive);
        }

        private static bool Left(Player player, string code)
        {
            int most = player.Sessions.Where(one => one.Code == code).Max(one => (int?)one.Players.Count) ?? 0;
            Session last = player.Sessions.FindLast(one => one.Code == code);
            return most == 2 && last.Players.Count == 1;
        }

        /// <summary>Offers Ann a rematch with the button.</summary>
        private void Offer()
        {
            Press("Rematch");
            _table.Until(() => _ann.Received.Count == 1, "she is invited");
        }

        /// <summary>What happens to one's own invites from now on.</summary>
        private List<SentInviteUpdate> News()
        {
            var news = new List<SentInviteUpdate>();
            Client.SentInviteChanged += news.Add;
            return news;
        }

        /// <summary>Offers a rematch with the button, which Ann declines; gives the session.</summary>
        private string Decline()
        {
            Offer();
            _ann.Client.Invites.MarkShown(_ann.Received[0].Id);
            _table.Done(_ann.Client.Invites.DeclineAsync(_ann.Received[0].Id));
            return _ann.Received[0].SessionCode;
        }

        private void HersIsNotAcceptedUnasked(Player player)
        {
            Session next = Offered(player);
            _table.Until(() => Client.Invites.List().Count == 1, "hers rings");
            _table.Result(Client.Sessions.GetAsync(next.Code));
            Assert.IsTrue(Client.Invites.List().Any(one => one.State == InviteState.Ringing), "and is not answered");
            CollectionAssert.Contains(GUILayout.Shown, "Rematch", "to be pressed or not");
        }

        private void StaysAgainst(string name)
        {
            _table.Result(Client.FindUsersAsync("nobody"));
            _table.Turn();
            Assert.IsTrue(GUILayout.Shown.Any(line => line.StartsWith("Against " + name + "#")));
            Assert.IsFalse(Stage.Console.Exists(line => line.StartsWith("exception")));
        }

        private Session Offered(Player host)
        {
            return Offered(host, new SessionSettings());
        }

        private Session Offered(Player host, SessionSettings settings)
        {
            Session session = _table.Result(host.Client.Sessions.CreateAsync(settings));
            _table.Result(host.Client.Invites.SendAsync(Client.User.Id, session.Code));
            return session;
        }
    }
}
