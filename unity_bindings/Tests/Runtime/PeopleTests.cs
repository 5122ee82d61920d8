using System;
using System.Linq;
using NUnit.Framework;
using Rallypoint.Native;

namespace Rallypoint.Tests
{
    /// <summary>Accounts, other people, and sessions.</summary>
    [TestFixture]
    [Category("Server")]
    public sealed class PeopleTests
    {
        [Test]
        public void AnAccountSignsInAgainWithItsPasswordAlone()
        {
            using (var table = new Table())
            {
                string name = "user_" + Guid.NewGuid().ToString("N").Substring(0, 12);
                Player player = table.Sit(name, TestServer.Url);
                RallypointUser made = table.Result(player.Client.RegisterAsync(name, "correct horse", "Zoë 🎾"));
                Assert.AreEqual("Zoë 🎾", made.DisplayName);
                table.Done(player.Client.SignOutAsync());
                Assert.IsNull(player.Client.User);
                Assert.AreEqual(
                    RallypointErrorCode.BadCredentials,
                    table.Error(player.Client.SignInAsync(name, "wrong horse")).Code);
                Assert.AreEqual(made.Id, table.Result(player.Client.SignInAsync(name, "correct horse")).Id);
                Player other = table.Sit(name, TestServer.Url);
                Assert.AreEqual(
                    RallypointErrorCode.NameTaken,
                    table.Error(other.Client.RegisterAsync(name, "another horse")).Code);
            }
        }

        [Test]
        public void PeopleAreFoundByNameAndSeenOnline()
        {
            using (var table = new Table())
            {
                string name = "Ann" + Guid.NewGuid().ToString("N").Substring(0, 8);
                Player ann = table.Join(name);
                Player bob = table.Join("Bob");
                var found = table.Result(bob.Client.FindUsersAsync(name));
                Assert.AreEqual(ann.Id, found.Single().Id);
                table.Done(ann.Client.Presence.SetStatusAsync("in the menu"));
                Presence presence = table.Result(bob.Client.Presence.OfAsync(ann.Id)).Single();
                Assert.IsTrue(presence.IsOnline);
                Assert.AreEqual("in the menu", presence.Status);
            }
        }

        [Test]
        public void AStatusOrAQuestionThatIsTooLongIsRefused()
        {
            using (var table = new Table())
            {
                Player ann = table.Join("Ann");
                table.Done(ann.Client.Presence.SetStatusAsync(new string('é', 128)));
                RallypointException tooLong = table.Error(ann.Client.Presence.SetStatusAsync(new string('é', 129)));
                Assert.AreEqual(RallypointErrorCode.BadRequest, tooLong.Code);
                long[] crowd = Enumerable.Range(1, 101).Select(id => (long)id).ToArray();
                RallypointException tooMany = table.Error(ann.Client.Presence.OfAsync(crowd));
                Assert.AreEqual(RallypointErrorCode.InvalidArgument, tooMany.Code);
            }
        }

        [Test]
        public void APictureIsKnownToItsOwnerAndToOthers()
        {
            const string Picture = "https://example.com/ann.png";
            using (var table = new Table())
            {
                string name = "user_" + Guid.NewGuid().ToString("N").Substring(0, 12);
                Player ann = table.Sit(name, TestServer.Url);
                RegisterWithPicture(ann.Client, name, Picture);
                table.Until(() => ann.Client.User != null, "she is signed in");
                Assert.AreEqual(Picture, ann.Client.User.ImageUrl);
                Player bob = table.Join("Bob");
                Assert.IsNull(bob.Client.User.ImageUrl);
                Assert.AreEqual(Picture, table.Result(bob.Client.FindUsersAsync(name)).Single().ImageUrl);
                Assert.AreEqual(Picture, table.Result(bob.Client.Friends.RequestAsync(name)).User.ImageUrl);
            }
        }

        [Test]
        public void ASessionKeepsItsSettingsAndClosesForEverybody()
        {
            using (var table = new Table())
            {
                Player host = table.Join("Ann");
                Player guest = table.Join("Bob");
                var settings = new SessionSettings
                {
                    Name = "Ünïcode",
                    IsOpen = true,
                    Game = new GameOptions { Speed = GameSpeed.Fast, ScoreToWin = 7 },
                };
                Session session = table.Result(host.Client.Sessions.CreateAsync(settings));
                Assert.AreEqual("Ünïcode", session.Name);
                Assert.AreEqual(2, session.MaxPlayers, "the bundled game's seats");
                Assert.AreEqual(host.Id, session.HostId);
                Assert.IsTrue(session.IsOpen && session.IsActive);
                Assert.AreEqual(GameSpeed.Fast, session.Game.Speed);
                Assert.AreEqual(7, session.Game.ScoreToWin);
                Assert.AreEqual(2, table.Result(guest.Client.Sessions.JoinAsync(session.Code)).Players.Count);
                table.Until(() => host.Sessions.Exists(s => s.Players.Count == 2), "the host sees the guest");
                table.Done(guest.Client.Sessions.LeaveAsync(session.Code));
                table.Done(host.Client.Sessions.CloseAsync(session.Code));
                Assert.AreEqual(
                    RallypointErrorCode.SessionNotFound,
                    table.Error(guest.Client.Sessions.JoinAsync(session.Code)).Code);
            }
        }

        [Test]
        public void ASessionOnOnesOwnServerHasAsManySeatsAsItWishesAndNoConnectToken()
        {
            using (var table = new Table())
            {
                Player host = table.Join("Ann");
                var settings = new SessionSettings
                {
                    MaxPlayers = 4,
                    ServerAddress = "203.0.113.7",
                    ServerPort = 7777,
                };
                Session session = table.Result(host.Client.Sessions.CreateAsync(settings));
                Assert.AreEqual(4, session.MaxPlayers);
                Assert.AreEqual("203.0.113.7", session.ServerAddress);
                Assert.AreEqual(7777, session.ServerPort);
                Player guest = table.Join("Bob");
                SentInvite sent = table.Result(host.Client.Invites.SendAsync(guest.Id, session.Code));
                table.Until(() => guest.Received.Count == 1, "it rings");
                GameAccess game = table.Result(guest.Client.Invites.AcceptAsync(sent.Id));
                Assert.AreEqual("203.0.113.7", game.ServerAddress);
                Assert.AreEqual(7777, game.ServerPort);
                Assert.IsEmpty(game.ConnectToken);
            }
        }

        [Test]
        public void TooManySeatsForTheBundledGameAreRefusedWithWords()
        {
            using (var table = new Table())
            {
                Player host = table.Join("Ann");
                RallypointException error =
                    table.Error(host.Client.Sessions.CreateAsync(new SessionSettings { MaxPlayers = 3 }));
                Assert.AreEqual(RallypointErrorCode.BadRequest, error.Code);
                StringAssert.Contains("max_players", error.Message);
            }
        }

        [Test]
        public void WithoutASignInRequestsSaySo()
        {
            using (var table = new Table())
            {
                Player nobody = table.Sit("nobody", TestServer.Url);
                RallypointException error = table.Error(nobody.Client.Sessions.CreateAsync());
                Assert.AreEqual(RallypointErrorCode.NotSignedIn, error.Code);
                Assert.AreEqual("NOT_SIGNED_IN", error.CodeName);
            }
        }

        /// <summary>The library takes a picture with a new account; RegisterAsync does not.</summary>
        private static void RegisterWithPicture(RallypointClient client, string name, string picture)
        {
            using (var username = new PinnedText(name))
            using (var password = new PinnedText("correct horse"))
            using (var image = new PinnedText(picture))
            {
                var account = new RpRegistration
                {
                    Username = username.Str,
                    Password = password.Str,
                    ImageUrl = image.Str,
                };
                ulong request;
                NativeError.Check(NativeMethods.Register(client.NativeNumber, ref account, out request));
            }
        }
    }
}
