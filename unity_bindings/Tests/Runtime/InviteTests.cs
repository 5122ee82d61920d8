using System.Threading.Tasks;
using NUnit.Framework;

namespace Rallypoint.Tests
{
    /// <summary>An invite's life, between two clients and a real server.</summary>
    [TestFixture]
    [Category("Server")]
    public sealed class InviteTests
    {
        [Test]
        public void AnAcceptedInviteTellsTheSenderEachStepAndGivesTheWayIn()
        {
            using (var table = new Table())
            {
                Player host = table.Join("Ann");
                Player guest = table.Join("Bob");
                var settings = new SessionSettings { Name = "Ann's" };
                Session session = table.Result(host.Client.Sessions.CreateAsync(settings));
                Invite invite = Invited(table, host, guest, session);
                Assert.AreEqual(host.Id, invite.SenderId);
                Assert.AreEqual(host.Client.User.FullName, invite.SenderName);
                Assert.AreEqual(session.Code, invite.SessionCode);
                Assert.AreEqual("Ann's", invite.SessionName);
                Assert.AreEqual(InviteKind.Session, invite.Kind);
                Assert.IsNull(invite.FriendshipId);
                Assert.IsNull(guest.Client.Invites.List()[0].FriendshipId);

                guest.Client.Invites.MarkShown(invite.Id);
                table.Until(() => host.Heard(invite.Id, SentInviteProgress.Seen), "the sender sees it seen");

                GameAccess game = table.Result(guest.Client.Invites.AcceptAsync(invite.Id));
                Assert.AreEqual(session.Code, game.SessionCode);
                Assert.AreEqual(session.ServerPort, game.ServerPort);
                Assert.AreEqual(session.ServerAddress, game.ServerAddress);
                Assert.IsNotEmpty(game.ConnectToken, "the bundled server hosts the session");
                table.Until(() => host.Heard(invite.Id, SentInviteProgress.Accepted), "the sender hears of it");
                table.Until(() => guest.Lost(invite.Id, InviteRemovalReason.Accepted), "the popup goes");
                Session after = table.Result(host.Client.Sessions.GetAsync(session.Code));
                Assert.AreEqual(2, after.Players.Count);
                Assert.AreEqual(guest.Id, after.Players[1].UserId);
            }
        }

        [Test]
        public void ADeclinedInviteTellsTheSenderAndLeavesTheQueue()
        {
            using (var table = new Table())
            {
                Player host = table.Join("Ann");
                Player guest = table.Join("Bob");
                Session session = table.Result(host.Client.Sessions.CreateAsync());
                Invite invite = Invited(table, host, guest, session);
                table.Done(guest.Client.Invites.DeclineAsync(invite.Id));
                table.Until(() => host.Heard(invite.Id, SentInviteProgress.Declined), "the sender hears of it");
                table.Until(() => guest.Lost(invite.Id, InviteRemovalReason.Declined), "the popup goes");
                Assert.IsEmpty(guest.Client.Invites.List());
            }
        }

        [Test]
        public void TheCountdownStartsAtTwoMinutesAndRuns()
        {
            using (var table = new Table())
            {
                Player host = table.Join("Ann");
                Player guest = table.Join("Bob");
                Invite invite = Invited(table, host, guest, table.Result(host.Client.Sessions.CreateAsync()));
                Assert.That(invite.RemainingSeconds, Is.InRange(115, 120));
                int start = invite.RemainingSeconds;
                table.Until(() => invite.RemainingSeconds <= start - 2, "two seconds less");
                Invite listed = guest.Client.Invites.List()[0];
                Assert.That((listed.Remaining - invite.Remaining).TotalSeconds, Is.InRange(-1.0, 1.0));
            }
        }

        [Test]
        public void AnUnansweredInviteExpiresForBoth()
        {
            using (var table = new Table())
            {
                Player host = table.Join("Ann", TestServer.QuickExpiryUrl);
                Player guest = table.Join("Bob", TestServer.QuickExpiryUrl);
                Invite invite = Invited(table, host, guest, table.Result(host.Client.Sessions.CreateAsync()));
                Assert.That(invite.RemainingSeconds, Is.InRange(1, 3));
                table.Until(() => guest.Lost(invite.Id, InviteRemovalReason.Expired), "the popup goes");
                table.Until(() => host.Heard(invite.Id, SentInviteProgress.Expired), "the sender hears of it");
                table.Until(() => invite.RemainingSeconds == 0, "the countdown's end");
                Task<GameAccess> late = guest.Client.Invites.AcceptAsync(invite.Id);
                Assert.AreEqual(RallypointErrorCode.ExpiredInvitation, table.Error(late).Code);
            }
        }

        [Test]
        public void AnInviteToSomebodyOfflineIsRefusedWithWords()
        {
            using (var table = new Table())
            {
                Player host = table.Join("Ann", TestServer.QuickExpiryUrl);
                Player guest = table.Join("Bob", TestServer.QuickExpiryUrl);
                long receiver = guest.Id;
                Session session = table.Result(host.Client.Sessions.CreateAsync());
                table.Done(guest.Client.SignOutAsync());
                // The look for missed invites that each connection begins with counts as a poll.
                table.Until(() => !IsOnline(table, host, receiver), "the guest is offline");
                RallypointException error = table.Error(host.Client.Invites.SendAsync(receiver, session.Code));
                Assert.AreEqual(RallypointErrorCode.UserOffline, error.Code);
                Assert.AreEqual("USER_OFFLINE", error.CodeName);
                StringAssert.Contains("offline", error.Message);
            }
        }

        [Test]
        public void ASecondInviteWhileOneIsPendingIsADuplicate()
        {
            using (var table = new Table())
            {
                Player host = table.Join("Ann");
                Player guest = table.Join("Bob");
                Session session = table.Result(host.Client.Sessions.CreateAsync());
                Invited(table, host, guest, session);
                RallypointException error = table.Error(host.Client.Invites.SendAsync(guest.Id, session.Code));
                Assert.AreEqual(RallypointErrorCode.DuplicateInvitation, error.Code);
                Assert.IsFalse(error.IsRetryable);
                Assert.AreEqual(1, guest.Received.Count);
            }
        }

        [Test]
        public void RefusalsHaveTheirCodes()
        {
            using (var table = new Table())
            {
                Player host = table.Join("Ann");
                Player guest = table.Join("Bob");
                Session session = table.Result(host.Client.Sessions.CreateAsync());
                Assert.AreEqual(
                    RallypointErrorCode.SelfInvite,
                    table.Error(host.Client.Invites.SendAsync(host.Id, session.Code)).Code);
                Assert.AreEqual(
                    RallypointErrorCode.NotHost,
                    table.Error(guest.Client.Invites.SendAsync(host.Id, session.Code)).Code);
                Assert.AreEqual(
                    RallypointErrorCode.SessionNotFound,
                    table.Error(host.Client.Invites.SendAsync(guest.Id, "222222")).Code);
            }
        }

        [Test]
        public void ACancelledInviteStopsRinging()
        {
            using (var table = new Table())
            {
                Player host = table.Join("Ann");
                Player guest = table.Join("Bob");
                Invite invite = Invited(table, host, guest, table.Result(host.Client.Sessions.CreateAsync()));
                table.Done(host.Client.Invites.CancelAsync(invite.Id));
                table.Until(() => guest.Lost(invite.Id, InviteRemovalReason.Cancelled), "the popup goes");
                SentInvite sent = table.Result(host.Client.Invites.SentAsync())[0];
                Assert.AreEqual(InviteStatus.Cancelled, sent.Status);
                Assert.AreEqual(InviteKind.Session, sent.Kind);
                Assert.IsNull(sent.FriendshipId);
            }
        }

        [Test]
        public void ADoubleClickIsOneAnswer()
        {
            using (var table = new Table())
            {
                Player host = table.Join("Ann");
                Player guest = table.Join("Bob");
                Invite invite = Invited(table, host, guest, table.Result(host.Client.Sessions.CreateAsync()));
                Task<GameAccess> first = guest.Client.Invites.AcceptAsync(invite.Id);
                Task<GameAccess> second = guest.Client.Invites.AcceptAsync(invite.Id);
                Assert.AreEqual(table.Result(first).GameId, table.Result(second).GameId);
                table.Until(() => host.Heard(invite.Id, SentInviteProgress.Accepted), "the sender hears of it");
                Assert.AreEqual(1, host.News.FindAll(n => n.Progress == SentInviteProgress.Accepted).Count);
            }
        }

        [Test]
        public void InvitesStackNewestFirst()
        {
            using (var table = new Table())
            {
                Player guest = table.Join("Bob");
                foreach (string name in new[] { "Ann", "Cid", "Dee" })
                {
                    Player host = table.Join(name);
                    Invited(table, host, guest, table.Result(host.Client.Sessions.CreateAsync()));
                }
                var queue = guest.Client.Invites.List();
                Assert.AreEqual(3, queue.Count);
                StringAssert.StartsWith("Dee#", queue[0].SenderName);
                StringAssert.StartsWith("Ann#", queue[2].SenderName);
            }
        }

        private static bool IsOnline(Table table, Player asking, long userId)
        {
            return table.Result(asking.Client.Presence.OfAsync(userId))[0].IsOnline;
        }

        private static Invite Invited(Table table, Player host, Player guest, Session session)
        {
            SentInvite sent = table.Result(host.Client.Invites.SendAsync(guest.Id, session.Code));
            Assert.AreEqual(guest.Id, sent.ReceiverId);
            Assert.AreEqual(InviteKind.Session, sent.Kind);
            Assert.AreEqual(InviteStatus.Pending, sent.Status);
            Assert.IsNull(sent.FriendshipId);
            table.Until(() => guest.Received.Exists(i => i.Id == sent.Id), guest.Name + " is invited");
            return guest.Received.Find(i => i.Id == sent.Id);
        }
    }
}
