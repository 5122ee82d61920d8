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
        private Player _ann;

        [SetUp]
        public void EnterPlayMode()
        {
            Stage.EnterPlayMode(typeof(RallypointBehaviour).Assembly);
            Stage.Inspector["serverUrl"] = TestServer.Url;
            Application.absoluteURL = "";
            _table = new Table();
            _table.AlsoEachTurn(Stage.Frame);
            // First, so that hers is the smaller id.
            _ann = _table.Join("Ann");
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
        public void ARematchThatTheOtherOneOfferedIsAcceptedByTheButton()
        {
            GiveUp(_ann, Meet(_ann));
            Session session = Offered(_ann);
            _table.Until(() => RallypointBehaviour.Find().Client.Invites.List().Count == 1, "it rings");
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

        private Session Offered(Player host)
        {
            Session session = _table.Result(host.Client.Sessions.CreateAsync());
            _table.Result(host.Client.Invites.SendAsync(RallypointBehaviour.Find().Client.User.Id, session.Code));
            return session;
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
