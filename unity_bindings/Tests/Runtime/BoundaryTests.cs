using System;
using System.Threading;
using NUnit.Framework;
using Rallypoint.Native;

namespace Rallypoint.Tests
{
    /// <summary>The boundary to the native library, without a server.</summary>
    [TestFixture]
    public sealed class BoundaryTests
    {
        private const string Nowhere = "http://127.0.0.1:9";

        [Test]
        public void HandlesThatNameNothingAreErrorsNotCrashes()
        {
            ulong mine;
            var options = default(RpClientOptions);
            byte[] url = Utf8.Bytes(Nowhere);
            NativeLibrary.EnsureLoaded();
            Assert.AreEqual(0, NativeMethods.ClientNew(url, Utf8.Length(url), ref options, out mine));
            Assert.AreEqual(0, NativeMethods.ClientFree(mine));
            foreach (ulong foreign in new[] { 0UL, 1UL, mine, mine + 1, mine << 32, 0xdeadbeefUL, ulong.MaxValue })
            {
                var next = default(RpEvent);
                ulong request;
                UIntPtr count;
                RpUser user;
                int bad = (int)RallypointErrorCode.InvalidHandle;
                Assert.AreEqual(bad, NativeMethods.Poll(foreign, ref next));
                Assert.AreEqual(bad, NativeMethods.ClientFree(foreign));
                Assert.AreEqual(bad, NativeMethods.Guest(foreign, null, UIntPtr.Zero, out request));
                Assert.AreEqual(bad, NativeMethods.InvitesCount(foreign, out count));
                Assert.AreEqual(bad, NativeMethods.InviteShown(foreign, 1));
                Assert.AreEqual(bad, NativeMethods.ClientUser(foreign, out user));
                Assert.AreEqual(bad, NativeMethods.NetworkCut(foreign));
                Assert.AreEqual(bad, NativeMethods.HandoffFree(foreign));
            }
        }

        [Test]
        public void TextThatIsNotUtf8IsRefused()
        {
            ulong client;
            var options = default(RpClientOptions);
            var broken = new byte[] { 0x68, 0xff, 0xfe };
            NativeLibrary.EnsureLoaded();
            int result = NativeMethods.ClientNew(broken, Utf8.Length(broken), ref options, out client);
            Assert.AreEqual((int)RallypointErrorCode.InvalidText, result);
            Assert.IsNotEmpty(NativeError.LastError());
        }

        [Test]
        public void AnAddressThatIsNoneIsRefusedWithWords()
        {
            var error = Assert.Throws<RallypointException>(() => new RallypointClient("not a url"));
            Assert.AreEqual(RallypointErrorCode.InvalidArgument, error.Code);
            Assert.That(error.Message.Length, Is.GreaterThan("ARGUMENT: ".Length));
            Assert.Throws<ArgumentNullException>(() => new RallypointClient(null));
        }

        [Test]
        public void EveryErrorHasTheNameAndAdviceThatTheLibraryGivesIt()
        {
            NativeLibrary.EnsureLoaded();
            foreach (RallypointErrorCode code in ErrorCatalogue.All)
            {
                RpStr name;
                RpStr advice;
                int retryable;
                if (NativeMethods.Describe((int)code, out name, out advice, out retryable) != 0)
                {
                    bool here = (int)code <= -1001 || code == RallypointErrorCode.Unknown;
                    Assert.IsTrue(here, code + " should be the library's");
                    continue;
                }
                Assert.AreEqual(Utf8.Read(name), ErrorCatalogue.Name(code));
                Assert.AreEqual(Utf8.Read(advice), ErrorCatalogue.Advice(code));
                Assert.AreEqual(retryable != 0, ErrorCatalogue.IsRetryable(code), code.ToString());
            }
            foreach (RallypointErrorCode code in Enum.GetValues(typeof(RallypointErrorCode)))
            {
                if (code != RallypointErrorCode.None)
                {
                    Assert.That(ErrorCatalogue.All, Has.Member(code));
                }
            }
        }

        [Test]
        public void AClientMayBeDisposedOfWhileOtherThreadsUseIt()
        {
            for (int round = 0; round < 20; round++)
            {
                var client = new RallypointClient(Nowhere);
                var started = new CountdownEvent(3);
                Exception fault = null;
                var threads = new Thread[3];
                for (int i = 0; i < threads.Length; i++)
                {
                    threads[i] = new Thread(() =>
                    {
                        started.Signal();
                        try
                        {
                            for (int turn = 0; turn < 2000; turn++)
                            {
                                client.Poll();
                                client.Link.ToString();
                                client.SignInAsGuestAsync().ContinueWith(task => task.Exception);
                            }
                        }
                        catch (Exception error)
                        {
                            fault = error;
                        }
                    });
                    threads[i].Start();
                }
                started.Wait();
                client.Dispose();
                foreach (Thread thread in threads)
                {
                    thread.Join();
                }
                Assert.IsNull(fault);
            }
        }

        [Test]
        public void LinksAreReadStrictly()
        {
            Assert.AreEqual("K7QX2M", RallypointHandoff.ParseLink("rallypoint://join/K7QX2M"));
            Assert.IsNull(RallypointHandoff.ParseLink("rallypoint://join/"));
            Assert.IsNull(RallypointHandoff.ParseLink("https://example.com/join/K7QX2M"));
        }

        [Test]
        public void ASecondCopyHandsItsLinkToTheFirst()
        {
            string app = "com.rallypoint.test." + Guid.NewGuid().ToString("N");
            using (RallypointHandoff first = RallypointHandoff.Claim(app, null))
            {
                Assert.IsNotNull(first);
                Assert.IsNull(RallypointHandoff.Claim(app, "rallypoint://join/K7QX2M"));
                string link = null;
                using (var table = new Table())
                {
                    table.Until(() => first.TryNext(out link), "the link arrives");
                }
                Assert.AreEqual("rallypoint://join/K7QX2M", link);
            }
        }

        [Test]
        public void ThePollOfAnIdleClientIsCheap()
        {
            using (var client = new RallypointClient(Nowhere))
            {
                client.Poll();
                var watch = System.Diagnostics.Stopwatch.StartNew();
                for (int i = 0; i < 100000; i++)
                {
                    client.Poll();
                }
                double microseconds = watch.Elapsed.TotalMilliseconds * 1000 / 100000;
                Console.WriteLine("an idle Poll: {0:0.000} µs", microseconds);
                Assert.That(microseconds, Is.LessThan(20), "far below what a frame notices, in a debug build as well");
            }
        }
    }
}
