using System;
using System.Collections.Generic;
using System.Reflection;
using NUnit.Framework;
using Rallypoint.Tests;
using UnityEditor;
using UnityEngine;
using UnityEngine.UI;

namespace Rallypoint.MonoTests
{
    /// <summary>
    /// The component, the Editor hook and the samples, played frame by frame on the stand-in for Unity.
    /// </summary>
    [TestFixture]
    [Category("Server")]
    public sealed class ComponentTests
    {
        private Table _table;

        [SetUp]
        public void EnterPlayMode()
        {
            Stage.EnterPlayMode(typeof(RallypointBehaviour).Assembly);
            Stage.Inspector["serverUrl"] = TestServer.Url;
            Application.absoluteURL = "";
            _table = new Table();
            _table.AlsoEachTurn(Stage.Frame);
        }

        [TearDown]
        public void LeavePlayMode()
        {
            _table.Dispose();
            Stage.Quit();
        }

        [Test]
        public void TheQueueShowsAnInviteAcknowledgesItAndAcceptsOnce()
        {
            RallypointBehaviour rallypoint = SignedIn("Bob");
            InviteQueue queue = Queue(rallypoint, out List<GameAccess> games);

            Player host = _table.Join("Ann");
            SentInvite invite = Invited(host, rallypoint, queue);
            long id = invite.Id;
            _table.Until(() => host.Heard(id, SentInviteProgress.Seen), "acknowledged by being shown");
            InvitePopup popup = queue.Popups[id];
            StringAssert.Contains(invite.SessionCode, popup.Details);
            StringAssert.EndsWith(" s", popup.Countdown);
            string first = popup.Countdown;
            _table.Until(() => popup.Countdown != first, "the countdown runs");

            Button accept = Find(popup, "Accept");
            accept.Press();
            Assert.IsFalse(popup.CanAnswer, "both buttons are off at once");
            accept.Press();
            _table.Until(() => games.Count == 1, "in");
            Assert.AreEqual(invite.SessionCode, games[0].SessionCode);
            _table.Until(() => !queue.Popups.ContainsKey(id), "the popup goes");
            Assert.IsTrue(popup == null, "destroyed");
            _table.Until(() => host.Heard(id, SentInviteProgress.Accepted), "the sender hears of it");
        }

        [Test]
        public void PopupsStackNewestOnTopAndDeclineTakesOneAway()
        {
            RallypointBehaviour rallypoint = SignedIn("Bob");
            InviteQueue queue = rallypoint.gameObject.AddComponent<InviteQueue>();
            _table.Turn();
            var ids = new List<long>();
            foreach (string name in new[] { "Ann", "Cid", "Dee" })
            {
                ids.Add(Invited(_table.Join(name), rallypoint, queue).Id);
            }
            Transform stack = queue.Popups[ids[0]].transform.parent;
            Assert.AreEqual(3, stack.childCount);
            Assert.IsTrue(stack.GetChild(0) == queue.Popups[ids[2]].transform, "newest on top");
            Find(queue.Popups[ids[1]], "Decline").Press();
            _table.Until(() => queue.Popups.Count == 2, "one less");
            Assert.IsFalse(queue.Popups.ContainsKey(ids[1]));
            _table.Until(() => stack.childCount == 2, "gone from the screen");
        }

        [Test]
        public void AnAnswerThatFailsCanBeGivenAgain()
        {
            RallypointBehaviour rallypoint = SignedIn("Bob");
            InviteQueue queue = rallypoint.gameObject.AddComponent<InviteQueue>();
            _table.Turn();
            Player host = _table.Join("Ann");
            Player rival = _table.Join("Cid");
            Session session = _table.Result(host.Client.Sessions.CreateAsync());
            long id = _table.Result(host.Client.Invites.SendAsync(rallypoint.Client.User.Id, session.Code)).Id;
            long other = _table.Result(host.Client.Invites.SendAsync(rival.Id, session.Code)).Id;
            _table.Until(() => queue.Popups.ContainsKey(id) && rival.Received.Count == 1, "both ring");
            _table.Result(rival.Client.Invites.AcceptAsync(other));
            InvitePopup popup = queue.Popups[id];
            Find(popup, "Accept").Press();
            _table.Until(() => popup.CanAnswer, "the buttons are back");
            StringAssert.StartsWith("SESSION_FULL", popup.Details);
        }

        [Test]
        public void AnAnswerThatFallsOverCanBeGivenAgain()
        {
            RallypointBehaviour rallypoint = SignedIn("Bob");
            InviteQueue queue = Queue(rallypoint, out List<GameAccess> games);
            Player host = _table.Join("Ann");
            SentInvite invite = Invited(host, rallypoint, queue);
            long id = invite.Id;
            InvitePopup popup = queue.Popups[id];
            FieldInfo client = typeof(InviteQueue).GetField("_client", BindingFlags.Instance | BindingFlags.NonPublic);
            client.SetValue(queue, null);
            Find(popup, "Accept").Press();
            _table.Until(() => Stage.Console.Exists(line => line.Contains("NullReference")), "in the console");
            Assert.IsTrue(popup.CanAnswer, "the buttons are back");
            client.SetValue(queue, rallypoint.Client);
            Find(popup, "Accept").Press();
            _table.Until(() => games.Count == 1, "in");
        }

        [Test]
        public void TheQuickStartAcceptsAnInvite()
        {
            Assert.IsTrue(Rallypoint().gameObject.AddComponent<QuickStart>() != null);
            _table.Until(() => Stage.Console.Exists(line => line.StartsWith("log: Invite me: Ada#")), "signed in");
            RallypointBehaviour rallypoint = RallypointBehaviour.Find();
            _table.Until(() => rallypoint.Client.Link == LinkState.Live, "live");
            Player host = _table.Join("Ann");
            Session session = _table.Result(host.Client.Sessions.CreateAsync());
            _table.Result(host.Client.Invites.SendAsync(rallypoint.Client.User.Id, session.Code));
            string place = session.ServerAddress + ":" + session.ServerPort;
            string expected = "log: Play " + host.Client.User.FullName + " at " + place;
            _table.Until(() => Stage.Console.Contains(expected), expected);
        }

        [Test]
        public void TheComponentOutlivesASceneAndItsCopyGivesWay()
        {
            RallypointBehaviour first = SignedIn("Ann");
            Stage.LoadScene();
            Assert.IsTrue(first.HasClient);
            GameObject copy = new GameObject("Rallypoint");
            copy.AddComponent<RallypointBehaviour>();
            Stage.Frame();
            Assert.IsTrue(copy == null);
            Assert.AreEqual(1, RallypointLibrary.ClientCount);
            Assert.IsTrue(RallypointBehaviour.Find() == first && first.HasClient);
        }

        [Test]
        public void TwoProfilesAreTwoPlayers()
        {
            RallypointBehaviour first = Rallypoint();
            Stage.Inspector["profile"] = "second";
            RallypointBehaviour second = Rallypoint();
            Assert.AreNotSame(first.Client, second.Client);
            Assert.IsTrue(RallypointBehaviour.Find("second") == second);
        }

        [Test]
        public void DestroyingItEndsItsClient()
        {
            RallypointBehaviour rallypoint = SignedIn("Ann");
            RallypointClient client = rallypoint.Client;
            UnityEngine.Object.Destroy(rallypoint.gameObject);
            Stage.Frame();
            Assert.IsTrue(client.IsDisposed);
            Assert.AreEqual(0, RallypointLibrary.ClientCount);
            Assert.IsNull(RallypointBehaviour.Find());
        }

        [Test]
        public void QuittingEndsEverything()
        {
            SignedIn("Ann");
            Stage.Quit();
            Assert.AreEqual(0, RallypointLibrary.ClientCount);
            Assert.AreEqual(0, NativeThreads.LeftOfTheLibrary());
            Assert.IsFalse(Stage.Console.Exists(line => line.StartsWith("exception")));
        }

        [Test]
        public void TheEditorHookEndsEverythingBeforeAReloadAndAfterPlay()
        {
            System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(
                Assembly.Load("Rallypoint.Editor").GetType("Rallypoint.Editor.RallypointReloadHook", true).TypeHandle);
            SignedIn("Ann");
            AssemblyReloadEvents.Reload();
            Assert.AreEqual(0, NativeThreads.LeftOfTheLibrary());
            Stage.Quit();

            EnterPlayMode();
            SignedIn("Ann");
            EditorApplication.Change(PlayModeStateChange.ExitingPlayMode);
            Assert.AreEqual(1, RallypointLibrary.ClientCount, "scripts still run then");
            EditorApplication.Change(PlayModeStateChange.EnteredEditMode);
            Assert.AreEqual(0, RallypointLibrary.ClientCount);
            Assert.AreEqual(0, NativeThreads.LeftOfTheLibrary());
        }

        [Test]
        public void PlayingTenTimesWithoutAReloadWorksEachTime()
        {
            for (int play = 0; play < 10; play++)
            {
                EnterPlayMode();
                SignedIn("Ann");
                Stage.Quit();
                Assert.AreEqual(0, NativeThreads.LeftOfTheLibrary(), "play " + play);
            }
        }

        [Test]
        public void ADeepLinkOfAColdStartWaitsForTheSignInAndALaterOneComesAtOnce()
        {
            Application.absoluteURL = "rallypoint://join/K7QX2M";
            RallypointBehaviour rallypoint = Rallypoint();
            var codes = new List<string>();
            rallypoint.Client.JoinRequested += codes.Add;
            _table.Result(rallypoint.Client.SignInAsGuestAsync("Ann"));
            _table.Until(() => codes.Count == 1, "the first link");
            Application.ActivateDeepLink("rallypoint://join/ABCDEF");
            _table.Until(() => codes.Count == 2, "the second link");
            CollectionAssert.AreEqual(new[] { "K7QX2M", "ABCDEF" }, codes);
            Application.ActivateDeepLink("rallypoint://nonsense");
            Assert.IsTrue(Stage.Console.Exists(line => line.StartsWith("warning: Rallypoint does not understand")));
        }

        [Test]
        public void AServerAddressThatIsNoneIsSaidInTheConsole()
        {
            Stage.Inspector["serverUrl"] = "not a url";
            RallypointBehaviour rallypoint = Rallypoint();
            Assert.IsFalse(rallypoint.HasClient);
            Assert.IsTrue(Stage.Console.Exists(line => line.Contains("ARGUMENT")));
            Assert.Throws<RallypointException>(() => rallypoint.Client.Poll());
            Stage.Frame();
        }

        [Test]
        public void AHandlerThatThrowsIsLoggedAndTheGameGoesOn()
        {
            RallypointBehaviour rallypoint = Rallypoint();
            rallypoint.Client.LinkChanged += link => { throw new InvalidOperationException("mine"); };
            _table.Result(rallypoint.Client.SignInAsGuestAsync("Ann"));
            _table.Until(() => rallypoint.Client.Link == LinkState.Live, "live all the same");
            _table.Until(() => Stage.Console.Exists(line => line.Contains("mine")), "in the console");
        }

        private static RallypointBehaviour Rallypoint()
        {
            return new GameObject("Rallypoint").AddComponent<RallypointBehaviour>();
        }

        /// <summary>A queue, and the games that it leads into.</summary>
        private InviteQueue Queue(RallypointBehaviour rallypoint, out List<GameAccess> games)
        {
            InviteQueue queue = rallypoint.gameObject.AddComponent<InviteQueue>();
            games = new List<GameAccess>();
            queue.Accepted += games.Add;
            _table.Turn();
            return queue;
        }

        /// <summary>An invite into a new session, once its popup is there.</summary>
        private SentInvite Invited(Player host, RallypointBehaviour rallypoint, InviteQueue queue)
        {
            Session session = _table.Result(host.Client.Sessions.CreateAsync());
            SentInvite invite = _table.Result(host.Client.Invites.SendAsync(rallypoint.Client.User.Id, session.Code));
            _table.Until(() => queue.Popups.ContainsKey(invite.Id), "the popup of " + host.Name);
            return invite;
        }

        private static Button Find(InvitePopup popup, string caption)
        {
            Transform row = popup.transform.GetChild(popup.transform.childCount - 1);
            for (int i = 0; i < row.childCount; i++)
            {
                if (row.GetChild(i).gameObject.name == caption)
                {
                    return row.GetChild(i).GetComponent<Button>();
                }
            }
            throw new AssertionException("no button " + caption);
        }

        private RallypointBehaviour SignedIn(string name)
        {
            RallypointBehaviour rallypoint = Rallypoint();
            _table.Result(rallypoint.Client.SignInAsGuestAsync(name));
            _table.Until(() => rallypoint.Client.Link == LinkState.Live, name + " is live");
            return rallypoint;
        }
    }
}
