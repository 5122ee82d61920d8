using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;

namespace Rallypoint.Tests
{
    /// <summary>Games over the WebSocket.</summary>
    [TestFixture]
    [Category("Server")]
    public sealed class GameTests
    {
        private static readonly GameOptions Short =
            new GameOptions { Speed = GameSpeed.Fast, ScoreToWin = 3, IsRanked = true };

        [Test]
        public void AMatchIsFoundPlayedAndRated()
        {
            using (var table = new Table())
            {
                Player ann = table.Join("Ann");
                Player bob = table.Join("Bob");
                MatchmakingTests.Match(table, ann, bob, Short);
                using (Seat good = Seat.Take(table, RallypointGame.Connect(ann.Client, ann.Matches[0])))
                using (Seat bad = Seat.Take(table, RallypointGame.Connect(bob.Client, bob.Matches[0])))
                {
                    good.Game.Ready();
                    bad.Game.Ready();
                    table.Until(() => good.Starts == 1 && bad.Starts == 1, "it starts");
                    Assert.AreEqual(ann.Matches[0].Side, good.Game.Me.Side);
                    good.Plays(ball => ball.Y);
                    bad.Plays(ball => ball.Y < 0.5f ? 1f : 0f);
                    for (int points = 1; points <= 3; points++)
                    {
                        table.Until(() => good.Game.Me.Score == points, points + " points");
                    }
                    table.Until(() => good.IsOver && bad.IsOver, "the end");
                    foreach (GameState end in new[] { good.Game.State, bad.Game.State })
                    {
                        Assert.AreEqual(ann.Id, end.WinnerId);
                        Assert.AreEqual(MatchFinishReason.Score, end.Reason);
                    }
                    Assert.AreEqual(3, good.Actions.Count(action => action == GameAction.Point));
                    Assert.That(good.Moves, Is.GreaterThan(0), "the opponent was seen to move");
                    CollectionAssert.IsEmpty(good.Refusals);
                }
                table.Until(() => ann.Results.Count == 1 && bob.Results.Count == 1, "both hear of the result");
                MatchFinished hers = ann.Results[0];
                Assert.AreEqual(ann.Id, hers.WinnerId);
                Assert.AreEqual(ann.Matches[0].GameId, hers.GameId);
                Assert.AreEqual(MatchFinishReason.Score, hers.Reason);
                bool left = ann.Matches[0].Side == PlayerSide.Left;
                Assert.AreEqual(3, left ? hers.LeftScore : hers.RightScore);
                Assert.AreEqual(0, left ? hers.RightScore : hers.LeftScore);
                Assert.AreEqual(1500, hers.Rating.Before);
                Assert.That(hers.Rating.After, Is.GreaterThan(1500));
                Assert.That(bob.Results[0].Rating.After, Is.LessThan(1500));
                table.Until(() => ann.Client.Matchmaking.State.Status == QueueStatus.Idle, "free for the next one");
            }
        }

        [Test]
        public void ALostConnectionIsMadeAnewAndTheGameGoesOn()
        {
            using (var table = new Table())
            using (var cutter = new Cutter(TestServer.Url))
            {
                Player ann = table.Join("Ann", cutter.Url);
                Player bob = table.Join("Bob");
                string game = Open(table, ann, bob);
                using (Seat hers = Seat.Take(table, RallypointGame.Connect(ann.Client, game)))
                using (Seat his = Seat.Take(table, RallypointGame.Connect(bob.Client, game)))
                {
                    hers.Game.Ready();
                    his.Game.Ready();
                    table.Until(() => hers.Starts == 1 && his.Starts == 1, "it starts");
                    hers.Game.MoveTo(0.9f);
                    cutter.CutSockets();
                    table.Until(() => hers.Game.Link == GameLink.Reconnecting, "she notices");
                    table.Until(() => his.Game.State.Stage == GameStage.Paused, "it waits for her");
                    Assert.That(his.Game.State.ResumeWithin, Is.GreaterThan(TimeSpan.Zero));
                    Assert.AreEqual(hers.Game.Me.Side, his.Game.State.PausedSide);
                    Assert.IsFalse(his.Game.State.Find(ann.Id).IsConnected);
                    cutter.Restore();
                    table.Until(() => hers.Game.Link == GameLink.Connected, "she is back");
                    table.Until(() => his.Game.State.Stage == GameStage.Active, "it goes on");
                    table.Until(() => Paddle(hers) > 0.8f, "what she held is held again");
                    his.Game.Leave();
                    table.Until(() => hers.IsOver, "he gives up");
                    Assert.AreEqual(ann.Id, hers.Game.State.WinnerId);
                    Assert.AreEqual(MatchFinishReason.Forfeit, hers.Game.State.Reason);
                }
            }
        }

        [Test]
        public void WhoComesFromElsewhereReplacesTheOlderConnection()
        {
            using (var table = new Table())
            {
                Player ann = table.Join("Ann");
                Player bob = table.Join("Bob");
                string game = Open(table, ann, bob);
                using (Seat older = Seat.Take(table, RallypointGame.Connect(ann.Client, game)))
                {
                    table.Until(() => older.Game.Link == GameLink.Connected, "she is in");
                    using (Seat newer = Seat.Take(table, RallypointGame.Connect(ann.Client, game)))
                    {
                        table.Until(() => older.Game.Link == GameLink.Closed, "the older one goes");
                        Assert.AreEqual(GameClosing.Replaced, older.Game.Closing);
                        table.Until(() => newer.Game.Link == GameLink.Connected, "the newer one is in");
                    }
                }
            }
        }

        [Test]
        public void WhoWatchesSeesTheGameAndMovesNothing()
        {
            using (var table = new Table())
            {
                Player ann = table.Join("Ann");
                Player bob = table.Join("Bob");
                Player cyd = table.Join("Cyd");
                string game = Open(table, ann, bob);
                using (Seat hers = Seat.Take(table, RallypointGame.Connect(ann.Client, game)))
                using (Seat his = Seat.Take(table, RallypointGame.Connect(bob.Client, game)))
                {
                    hers.Game.Ready();
                    his.Game.Ready();
                    table.Until(() => hers.Starts == 1 && his.Starts == 1, "it starts");
                    using (Seat watching = Seat.Take(table, RallypointGame.Spectate(cyd.Client, game)))
                    {
                        table.Until(() => watching.Game.State != null, "she sees it");
                        Assert.IsNull(watching.Game.Me);
                        watching.Game.MoveTo(0.1f);
                        hers.Game.MoveTo(0.9f);
                        table.Until(() => Paddle(watching, hers.Game.Me.Side) > 0.8f, "she sees the paddle move");
                        Assert.AreEqual(GameStage.Active, his.Game.State.Stage);
                    }
                }
            }
        }

        [Test]
        public void WhoDoesNotPlayIsRefusedWithTheReason()
        {
            using (var table = new Table())
            {
                Player ann = table.Join("Ann");
                Player bob = table.Join("Bob");
                Player cid = table.Join("Cid");
                string game = Open(table, ann, bob);
                using (Seat stranger = Seat.Take(table, RallypointGame.Connect(cid.Client, game)))
                using (Seat lost = Seat.Take(table, RallypointGame.Connect(ann.Client, Guid.NewGuid().ToString())))
                {
                    table.Until(
                        () => stranger.Game.Link == GameLink.Closed && lost.Game.Link == GameLink.Closed,
                        "neither gets in");
                    Assert.AreEqual(GameClosing.Refused, stranger.Game.Closing);
                    Assert.AreEqual(RallypointErrorCode.Forbidden, stranger.Game.Error.Code);
                    Assert.AreEqual(RallypointErrorCode.NotFound, lost.Game.Error.Code);
                    CollectionAssert.DoesNotContain(stranger.Links, GameLink.Connected);
                }
            }
        }

        [Test]
        public void WhereNobodyListensItGivesUpInTheEndAndDisposingDoesNotWait()
        {
            using (var table = new Table())
            {
                var nowhere = new RallypointGame("http://127.0.0.1:9", "/ws/game/x/", 1, () => "token");
                Seat seat = Seat.Take(table, nowhere);
                table.Until(() => nowhere.Link == GameLink.Closed, "given up");
                Assert.AreEqual(GameClosing.Lost, nowhere.Closing);
                Assert.AreEqual(RallypointErrorCode.Network, nowhere.Error.Code);
                seat.Dispose();

                var again = new RallypointGame("http://127.0.0.1:9", "/ws/game/x/", 1, () => "token");
                again.Dispose();
                again.Dispose();
                Assert.AreEqual(0, again.Update());
                Assert.AreEqual(GameClosing.Disposed, again.Closing);
            }
        }

        [Test]
        public void ShuttingDownHangsUp()
        {
            using (var table = new Table())
            {
                Player ann = table.Join("Ann");
                Player bob = table.Join("Bob");
                string game = Open(table, ann, bob);
                using (Seat hers = Seat.Take(table, RallypointGame.Connect(ann.Client, game)))
                {
                    table.Until(() => hers.Game.Link == GameLink.Connected, "she is in");
                    Assert.IsTrue(RallypointLibrary.ShutdownAll(TimeSpan.FromSeconds(5)));
                    Assert.AreEqual(GameLink.Closed, hers.Game.Link);
                    Assert.AreEqual(GameClosing.Disposed, hers.Game.Closing);
                    Assert.AreEqual(0, hers.Game.Update());
                }
            }
        }

        [Test]
        public void AnAddressThatIsNoneIsRefusedAtOnce()
        {
            foreach (string url in new[] { null, "", "no url", "ftp://127.0.0.1" })
            {
                var error = Assert.Throws<RallypointException>(() => new RallypointGame(url, "/x", 1, () => "token"));
                Assert.AreEqual(RallypointErrorCode.InvalidArgument, error.Code);
            }
            using (var client = new RallypointClient("http://127.0.0.1:9"))
            {
                var error = Assert.Throws<RallypointException>(() => RallypointGame.Connect(client, "x"));
                Assert.AreEqual(RallypointErrorCode.NotSignedIn, error.Code);
            }
        }

        /// <summary>A session of both, and its game.</summary>
        private static string Open(Table table, Player host, Player guest)
        {
            var settings = new SessionSettings { IsOpen = true, Game = Short };
            Session session = table.Result(host.Client.Sessions.CreateAsync(settings));
            table.Result(guest.Client.Sessions.JoinAsync(session.Code));
            return session.GameId;
        }

        private static float Paddle(Seat seat)
        {
            return Paddle(seat, seat.Game.Me.Side);
        }

        private static float Paddle(Seat seat, PlayerSide side)
        {
            GameState state = seat.Game.State;
            return side == PlayerSide.Left ? state.LeftPaddle : state.RightPaddle;
        }

        /// <summary>A game, what was heard of it, and how it is played.</summary>
        private sealed class Seat : IDisposable
        {
            private Func<GameBall, float> _play;

            private Seat(RallypointGame game)
            {
                Game = game;
                game.Started += () => Starts++;
                game.PlayerMoved += move => Moves++;
                game.ActionTaken += Actions.Add;
                game.Refused += Refusals.Add;
                game.LinkChanged += Links.Add;
                game.StateChanged += Answer;
            }

            internal RallypointGame Game { get; }

            internal int Starts { get; private set; }

            internal int Moves { get; private set; }

            internal List<GameAction> Actions { get; } = new List<GameAction>();

            internal List<RallypointException> Refusals { get; } = new List<RallypointException>();

            internal List<GameLink> Links { get; } = new List<GameLink>();

            internal bool IsOver
            {
                get { return Game.State != null && Game.State.Stage == GameStage.Finished; }
            }

            public void Dispose()
            {
                Game.Dispose();
            }

            internal static Seat Take(Table table, RallypointGame game)
            {
                table.AlsoEachTurn(() => game.Update());
                return new Seat(game);
            }

            internal void Plays(Func<GameBall, float> play)
            {
                _play = play;
            }

            private void Answer(GameState state)
            {
                if (_play != null && state.Stage == GameStage.Active)
                {
                    Game.MoveTo(_play(state.Ball));
                }
            }
        }
    }
}
