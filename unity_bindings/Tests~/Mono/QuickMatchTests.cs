using System.Linq;
using NUnit.Framework;
using Rallypoint.Tests;
using UnityEngine;

namespace Rallypoint.MonoTests
{
    /// <summary>The quick match sample, played with its buttons and keys on the stand-in for Unity.</summary>
    [TestFixture]
    [Category("Server")]
    public sealed class QuickMatchTests
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
            GameObject root = new GameObject("Rallypoint");
            root.AddComponent<RallypointBehaviour>();
            root.AddComponent<QuickMatch>();
            Shown("Welcome, Player#");
            _table.Until(() => RallypointBehaviour.Find().Client.Link == LinkState.Live, "live");
        }

        [TearDown]
        public void LeavePlayMode()
        {
            _table.Dispose();
            Stage.Quit();
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
            Press("Quick match");
            Shown("You are number ");
            Player ann = _table.Join("Ann");
            _table.Result(ann.Client.Matchmaking.JoinQueueAsync());
            _table.Until(() => ann.Matches.Count == 1, "the match");
            RallypointGame game = RallypointGame.Connect(ann.Client, ann.Matches[0]);
            _table.AlsoEachTurn(() => game.Update());
            Shown("Against Ann#");
            game.Ready();
            _table.Until(() => game.State != null && game.State.Stage == GameStage.Active, "it is played");
            _table.Until(() => GUI.Drawn.Count == 4, "the middle, two paddles and a ball are drawn");
            float before = Theirs(game);
            Stage.Key(KeyCode.W, EventType.KeyDown);
            _table.Until(() => Theirs(game) < before - 0.1f, "the paddle goes up");
            Stage.Key(KeyCode.W, EventType.KeyUp);
            Press("Give up");
            Shown("You have lost.");
            _table.Until(() => ann.Results.Count == 1, "she has won");
            Shown("Your rating: 1500 → ");
            Press("Back");
            game.Dispose();

            Press("Rematch");
            _table.Until(() => ann.Received.Count == 1, "she is invited");
            GameAccess access = _table.Result(ann.Client.Invites.AcceptAsync(ann.Received[0].Id));
            using (RallypointGame again = RallypointGame.Connect(ann.Client, access.GameId))
            {
                _table.AlsoEachTurn(() => again.Update());
                again.Ready();
                _table.Until(() => again.State != null && again.State.Stage == GameStage.Active, "it is played again");
            }
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
