using System.Threading.Tasks;
using NUnit.Framework;

namespace Rallypoint.Tests
{
    /// <summary>What happens to invites when the network does not play along.</summary>
    [TestFixture]
    [Category("Server")]
    public sealed class FallbackTests
    {
        [Test]
        public void WithoutASocketAnInviteComesByPollingAndTheAnswerGoesByRest()
        {
            using (var table = new Table())
            using (var cutter = new Cutter(TestServer.Url))
            {
                Player host = table.Join("Ann");
                Player guest = table.Join("Bob", cutter.Url);
                Session session = table.Result(host.Client.Sessions.CreateAsync());
                cutter.CutSockets();
                table.Until(() => guest.Client.Link == LinkState.Fallback, "the guest polls");

                // The server counts whoever polls as online, from the first poll on.
                SentInvite sent = null;
                table.Until(() => TrySend(table, host, guest, session, out sent), "the guest counts as online");
                table.Until(() => guest.Received.Count == 1, "the invite comes by polling");
                Assert.AreEqual(0, cutter.SocketCount);
                guest.Client.Invites.MarkShown(sent.Id);
                table.Until(() => host.Heard(sent.Id, SentInviteProgress.Seen), "the receipt goes by REST");
                GameAccess game = table.Result(guest.Client.Invites.AcceptAsync(sent.Id));
                Assert.AreEqual(session.Code, game.SessionCode);
                table.Until(() => host.Heard(sent.Id, SentInviteProgress.Accepted), "the answer goes by REST");

                cutter.Restore();
                table.Until(() => guest.Client.Link == LinkState.Live, "the socket is back");
                Assert.AreEqual(1, guest.Received.Count, "one invite rings once");
            }
        }

        [Test]
        public void AnInviteThatRangBeforeTheCutRingsNoSecondTimeAfterIt()
        {
            using (var table = new Table())
            using (var cutter = new Cutter(TestServer.Url))
            {
                Player host = table.Join("Ann");
                Player guest = table.Join("Bob", cutter.Url);
                Session session = table.Result(host.Client.Sessions.CreateAsync());
                SentInvite sent = table.Result(host.Client.Invites.SendAsync(guest.Id, session.Code));
                table.Until(() => guest.Received.Count == 1, "it rings");
                cutter.CutSockets();
                table.Until(() => guest.Client.Link == LinkState.Fallback, "the guest polls");
                cutter.Restore();
                table.Until(() => guest.Client.Link == LinkState.Live, "the socket is back");
                // A second invite, so that whatever the first one's second ring would be has come by then.
                Player other = table.Join("Cid");
                Session second = table.Result(other.Client.Sessions.CreateAsync());
                table.Result(other.Client.Invites.SendAsync(guest.Id, second.Code));
                table.Until(() => guest.Received.Count >= 2, "the second one rings");
                Assert.AreEqual(1, guest.Received.FindAll(invite => invite.Id == sent.Id).Count);
                Assert.AreEqual(2, guest.Client.Invites.List().Count);
            }
        }

        [Test]
        public void AnAnswerGivenWhileTheCableIsOutArrivesWhenItIsBack()
        {
            using (var table = new Table())
            {
                Player host = table.Join("Ann");
                Player guest = table.Join("Bob");
                Session session = table.Result(host.Client.Sessions.CreateAsync());
                SentInvite sent = table.Result(host.Client.Invites.SendAsync(guest.Id, session.Code));
                table.Until(() => guest.Received.Count == 1, "it rings");
                guest.Client.CutNetwork();
                Assert.IsTrue(guest.Client.IsNetworkCut);
                table.Until(() => guest.Client.Link == LinkState.Offline, "the guest is cut off");
                Task<GameAccess> answer = guest.Client.Invites.AcceptAsync(sent.Id);
                table.Until(
                    () => guest.Client.Invites.List()[0].State == InviteState.Accepting,
                    "the queue shows the answer under way");
                Assert.IsFalse(answer.IsCompleted);
                guest.Client.RestoreNetwork();
                Assert.AreEqual(session.Code, table.Result(answer).SessionCode);
                table.Until(() => host.Heard(sent.Id, SentInviteProgress.Accepted), "the sender hears of it");
            }
        }

        private static bool TrySend(Table table, Player host, Player guest, Session session, out SentInvite sent)
        {
            Task<SentInvite> task = host.Client.Invites.SendAsync(guest.Id, session.Code);
            table.Until(() => task.IsCompleted, "an answer to the invite");
            sent = task.IsFaulted ? null : task.Result;
            if (task.IsFaulted)
            {
                var error = (RallypointException)task.Exception.InnerException;
                Assert.AreEqual(RallypointErrorCode.UserOffline, error.Code, error.Message);
            }
            return sent != null;
        }
    }
}
