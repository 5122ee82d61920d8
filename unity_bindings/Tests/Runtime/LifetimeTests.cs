using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Rallypoint.Tests
{
    /// <summary>Clients made, used and ended, again and again in one process.</summary>
    [TestFixture]
    [Category("Server")]
    public sealed class LifetimeTests
    {
        [Test]
        public void TenRoundsOfPlayLeaveNoThreadBehind()
        {
            RallypointLibrary.ShutdownAll(TimeSpan.FromSeconds(5));
            int afterFirst = 0;
            for (int round = 0; round < 10; round++)
            {
                var table = new Table();
                table.Join("Ann");
                table.Join("Bob");
                if (NativeThreads.CanBeCounted)
                {
                    Assert.That(NativeThreads.OfTheLibrary(), Is.GreaterThanOrEqualTo(2), "the names are right");
                }
                Assert.IsTrue(RallypointLibrary.ShutdownAll(TimeSpan.FromSeconds(5)), "round " + round);
                Assert.AreEqual(0, RallypointLibrary.ClientCount);
                if (NativeThreads.CanBeCounted)
                {
                    Assert.AreEqual(0, NativeThreads.LeftOfTheLibrary(), "round " + round);
                    afterFirst = round == 0 ? NativeThreads.All() : afterFirst;
                }
            }
            if (NativeThreads.CanBeCounted)
            {
                // The runtime may start a few of its own; one left per round would be nine.
                Assert.That(NativeThreads.All(), Is.LessThan(afterFirst + 5));
            }
        }

        [Test]
        public void DisposingFailsWhatIsUnderWayAndNothingHangs()
        {
            using (var table = new Table())
            {
                Player player = table.Join("Ann");
                player.Client.CutNetwork();
                var tasks = new List<Task>();
                for (int i = 0; i < 20; i++)
                {
                    tasks.Add(player.Client.Sessions.CreateAsync());
                }
                player.Client.Dispose();
                tasks.Add(player.Client.FindUsersAsync("a"));
                foreach (Task task in tasks)
                {
                    Assert.IsTrue(task.IsCompleted);
                    var error = Assert.Throws<RallypointException>(() => task.GetAwaiter().GetResult());
                    Assert.AreEqual(RallypointErrorCode.Closed, error.Code);
                }
                player.Client.Dispose();
                Assert.AreEqual(0, player.Client.Poll());
                Assert.IsNull(player.Client.User);
                Assert.AreEqual(LinkState.SignedOut, player.Client.Link);
            }
        }

        [Test]
        public void AHandlerMayDisposeItsClient()
        {
            using (var table = new Table())
            {
                Player player = table.Sit("Ann", TestServer.Url);
                player.Client.LinkChanged += link => player.Client.Dispose();
                Task<RallypointUser> signIn = player.Client.SignInAsGuestAsync("Ann");
                table.Until(() => player.Client.IsDisposed, "the handler disposed of it");
                table.Until(() => signIn.IsCompleted, "the task ended");
            }
        }

        [Test]
        public void TasksAndEventsComeOnThePollingThread()
        {
            using (var table = new Table())
            {
                Player player = table.Sit("Ann", TestServer.Url);
                int here = Thread.CurrentThread.ManagedThreadId;
                var threads = new List<int>();
                player.Client.LinkChanged += link => threads.Add(Thread.CurrentThread.ManagedThreadId);
                Task chain = Follow(player, threads);
                table.Done(chain);
                table.Until(() => player.Client.Link == LinkState.Live, "live");
                Assert.That(threads.Count, Is.GreaterThanOrEqualTo(2));
                Assert.That(threads, Is.All.EqualTo(here));
            }
        }

        [Test]
        public void AHandlerThatThrowsKeepsNothingFromTheOthers()
        {
            using (var table = new Table())
            {
                Player player = table.Sit("Ann", TestServer.Url);
                var faults = new List<Exception>();
                int calls = 0;
                player.Client.LinkChanged += link => { throw new InvalidOperationException("mine"); };
                player.Client.LinkChanged += link => calls++;
                player.Client.HandlerFailed += faults.Add;
                table.Result(player.Client.SignInAsGuestAsync("Ann"));
                table.Until(() => player.Client.Link == LinkState.Live && calls > 0, "live");
                Assert.AreEqual(calls, faults.Count);
                Assert.AreEqual("mine", faults[0].Message);
            }
        }

        [Test]
        public void WithoutAFaultHandlerPollThrowsWhenItIsDone()
        {
            using (var client = new RallypointClient(TestServer.Url))
            using (var table = new Table())
            {
                client.LinkChanged += link => { throw new InvalidOperationException("mine"); };
                var caught = new List<AggregateException>();
                table.AlsoEachTurn(() =>
                {
                    try
                    {
                        client.Poll();
                    }
                    catch (AggregateException fault)
                    {
                        caught.Add(fault);
                    }
                });
                table.Result(client.SignInAsGuestAsync("Ann"));
                table.Until(() => caught.Count > 0, "the fault comes out");
                Assert.AreEqual("mine", caught[0].InnerExceptions[0].Message);
            }
        }

        [Test]
        public void ALoginOutlivesTheProcessThroughItsRefreshToken()
        {
            using (var table = new Table())
            {
                Player before = table.Join("Ann");
                long id = before.Id;
                string token = before.Client.RefreshToken;
                before.Client.Dispose();
                Player after = table.Sit("Ann again", TestServer.Url);
                Assert.IsNull(after.Client.RefreshToken);
                Assert.AreEqual(id, table.Result(after.Client.ResumeAsync(token)).Id);
                Assert.AreNotEqual(token, after.Client.RefreshToken, "each works once");
            }
        }

        [Test]
        public void ALinkWaitsUntilSomebodyIsSignedIn()
        {
            using (var table = new Table())
            {
                Player player = table.Sit("Ann", TestServer.Url);
                player.Client.OpenLink("rallypoint://join/K7QX2M");
                table.Result(player.Client.SignInAsGuestAsync("Ann"));
                table.Until(() => player.Joins.Count == 1, "the link arrives");
                Assert.AreEqual("K7QX2M", player.Joins[0]);
            }
        }

        private static async Task Follow(Player player, List<int> threads)
        {
            await player.Client.SignInAsGuestAsync("Ann");
            threads.Add(Thread.CurrentThread.ManagedThreadId);
            await player.Client.FindUsersAsync("Ann");
            threads.Add(Thread.CurrentThread.ManagedThreadId);
        }
    }
}
