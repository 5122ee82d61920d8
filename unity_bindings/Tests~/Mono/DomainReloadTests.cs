using System;
using System.IO;
using NUnit.Framework;
using Rallypoint.Tests;

namespace Rallypoint.MonoTests
{
    /// <summary>
    /// The Editor's domain reload, with real application domains: all managed code goes, the library stays.
    /// </summary>
    [TestFixture]
    [Category("Server")]
    public sealed class DomainReloadTests
    {
        [Test]
        public void TenReloadsLeaveNoThreadAndEachNewDomainPlays()
        {
            var setup = new AppDomainSetup { ApplicationBase = Folder() };
            for (int reload = 0; reload < 10; reload++)
            {
                AppDomain domain = AppDomain.CreateDomain("scripts " + reload, null, setup);
                var scripts = (Scripts)domain.CreateInstanceAndUnwrap(
                    typeof(Scripts).Assembly.FullName,
                    typeof(Scripts).FullName);
                scripts.Play();
                Assert.That(NativeThreads.OfTheLibrary(), Is.GreaterThan(0));
                Assert.IsTrue(scripts.BeforeReload(), "reload " + reload);
                Assert.AreEqual(0, NativeThreads.LeftOfTheLibrary(), "reload " + reload);
                AppDomain.Unload(domain);
            }
        }

        [Test]
        public void ADomainThatDiesWithoutWarningDoesNotTakeTheNextOneDown()
        {
            var setup = new AppDomainSetup { ApplicationBase = Folder() };
            AppDomain domain = AppDomain.CreateDomain("careless scripts", null, setup);
            var scripts = (Scripts)domain.CreateInstanceAndUnwrap(
                typeof(Scripts).Assembly.FullName,
                typeof(Scripts).FullName);
            scripts.Play();
            AppDomain.Unload(domain);
            using (var table = new Table())
            {
                table.Join("Ann");
            }
            Assert.IsTrue(RallypointLibrary.ShutdownAll(TimeSpan.FromSeconds(5)));
            Assert.AreEqual(0, NativeThreads.LeftOfTheLibrary());
        }

        private static string Folder()
        {
            return Path.GetDirectoryName(new Uri(typeof(DomainReloadTests).Assembly.CodeBase).LocalPath);
        }

        /// <summary>What lives in the domain that goes.</summary>
        public sealed class Scripts : MarshalByRefObject
        {
            private Table _table;

            /// <summary>Two players, one invite, a game that both are in, and requests under way.</summary>
            public void Play()
            {
                _table = new Table();
                Player host = _table.Join("Ann");
                Player guest = _table.Join("Bob");
                Session session = _table.Result(host.Client.Sessions.CreateAsync());
                _table.Result(host.Client.Invites.SendAsync(guest.Id, session.Code));
                _table.Until(() => guest.Received.Count == 1, "it rings");
                _table.Result(guest.Client.Invites.AcceptAsync(guest.Received[0].Id));
                RallypointGame hosts = RallypointGame.Connect(host.Client, session.GameId);
                RallypointGame guests = RallypointGame.Connect(guest.Client, session.GameId);
                _table.AlsoEachTurn(() => hosts.Update());
                _table.AlsoEachTurn(() => guests.Update());
                hosts.Ready();
                guests.Ready();
                _table.Until(() => hosts.State != null && hosts.State.Stage == GameStage.Active, "it is played");
                guest.Client.Presence.SetStatusAsync("in a game");
                host.Client.FindUsersAsync("Bob");
            }

            /// <summary>What the Editor hook does.</summary>
            public bool BeforeReload()
            {
                return RallypointLibrary.ShutdownAll(TimeSpan.FromSeconds(5));
            }
        }
    }
}
