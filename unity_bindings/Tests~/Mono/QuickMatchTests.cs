using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Rallypoint.Tests;
using UnityEngine;

namespace Rallypoint.MonoTests
{
    /// <summary>The quick match sample, played with its buttons and keys on the stand-in for Unity.</summary>
    [TestFixture]
    [Category("Server")]
    public sealed partial class QuickMatchTests
    {
        private Table _table;
        private Cutter _cutter;
        private Player _ann;

        [SetUp]
        public void EnterPlayMode()
        {
            Stage.EnterPlayMode(typeof(RallypointBehaviour).Assembly);
            _cutter = new Cutter(TestServer.Url);
            Stage.Inspector["serverUrl"] = _cutter.Url;
            Application.absoluteURL = "";
            _table = new Table();
            _table.AlsoEachTurn(Stage.Frame);
            // First, so that hers is the smaller id.
            _ann = _table.Join("Ann");
            Open(Rallypoint());
        }

        [TearDown]
        public void LeavePlayMode()
        {
            _table.Dispose();
            Stage.Quit();
            _cutter.Dispose();
        }

        [Test]
        public void ThePlaceIsShownAndGivenUp()
        {
            Press("Quick match");
            Shown("You are number ");
            Shown("Waiting for 1 s.");
            Shown("Looking for ");
            Press("Cancel");
            Shown("Quick match");
        }

        [Test]
        public void AMatchIsPlayedGivenUpAndPlayedAgain()
        {
            RallypointGame game = Meet(_ann);
            _table.Until(() => GUI.Drawn.Count == 4, "the middle, two paddles and a ball are drawn");
            float before = Theirs(game);
            Stage.Key(KeyCode.W, EventType.KeyDown);
            _table.Until(() => Theirs(game) < before - 0.1f, "the paddle goes up");
            Stage.Key(KeyCode.W, EventType.KeyUp);
            GiveUp(_ann, game);

            Press("Rematch");
            _table.Until(() => _ann.Received.Count == 1, "she is invited");
            Plays(_ann, _table.Result(_ann.Client.Invites.AcceptAsync(_ann.Received[0].Id)).GameId);
        }

        [Test]
        public void ASignInThatFailsCanBeTriedAgain()
        {
            Close();
            RallypointBehaviour rallypoint = Rallypoint();
            rallypoint.Client.CutNetwork();
            rallypoint.gameObject.AddComponent<QuickMatch>();
            Press("Try again");
            Shown("NETWORK");
            rallypoint.Client.RestoreNetwork();
            Press("Try again");
            Shown("Welcome, Player#");
            Shown("Quick match");
            CollectionAssert.DoesNotContain(GUILayout.Shown, "Try again", "there is nothing left to try");
        }

        private static RallypointClient Client
        {
            get { return RallypointBehaviour.Find().Client; }
        }

        private static RallypointBehaviour Rallypoint()
        {
            return new GameObject("Rallypoint").AddComponent<RallypointBehaviour>();
        }

        private void Open(RallypointBehaviour rallypoint)
        {
            rallypoint.gameObject.AddComponent<QuickMatch>();
            Shown("Welcome, Player#");
            _table.Until(() => Client.Link == LinkState.Live, "live");
        }

        private void Close()
        {
            UnityEngine.Object.Destroy(RallypointBehaviour.Find().gameObject);
            Stage.Frame();
        }

        /// <summary>Both are in a match that is played.</summary>
        private RallypointGame Meet(Player other)
        {
            Press("Quick match");
            Shown("You are number ");
            _table.Result(other.Client.Matchmaking.JoinQueueAsync());
            _table.Until(() => other.Matches.Count == 1, "the match");
            RallypointGame game = RallypointGame.Connect(other.Client, other.Matches[0]);
            Shown("Against " + other.Name + "#");
            Starts(game);
            return game;
        }

        private void GiveUp(Player other, RallypointGame game)
        {
            Press("Give up");
            Shown("You have lost.");
            _table.Until(() => other.Results.Count == 1, "the other one has won");
            Shown("Your rating: 1500 → ");
            Press("Back");
            game.Dispose();
        }

        private void Plays(Player player, string gameId)
        {
            using (RallypointGame again = RallypointGame.Connect(player.Client, gameId))
            {
                Starts(again);
            }
        }

        private void Starts(RallypointGame game)
        {
            _table.AlsoEachTurn(() => game.Update());
            game.Ready();
            _table.Until(() => game.State != null && game.State.Stage == GameStage.Active, "it is played");
        }

        private static float Theirs(RallypointGame game)
        {
            return game.Me.Side == PlayerSide.Left ? game.State.RightPaddle : game.State.LeftPaddle;
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
    }
}
