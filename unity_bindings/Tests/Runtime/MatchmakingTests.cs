using NUnit.Framework;

namespace Rallypoint.Tests
{
    /// <summary>A place in the queue, and the matches that come of it.</summary>
    [TestFixture]
    [Category("Server")]
    public sealed class MatchmakingTests
    {
        [Test]
        public void WhoeverJoinsHasAPlaceOnceAndGivesItUpByLeaving()
        {
            using (var table = new Table())
            {
                Player ann = table.Join("Ann");
                Assert.AreEqual(QueueStatus.Idle, ann.Client.Matchmaking.State.Status);
                GameOptions options = Only(11);
                QueueState first = table.Result(ann.Client.Matchmaking.JoinQueueAsync(options));
                Assert.AreEqual(QueueStatus.Queued, first.Status);
                Assert.That(first.Position, Is.InRange(1, first.QueueSize));
                Assert.That(first.TicketId, Is.GreaterThan(0));
                Assert.AreEqual(1500, first.Rating, "of who has not played yet");
                Assert.IsNull(first.Match);
                Assert.AreEqual(
                    first.TicketId,
                    table.Result(ann.Client.Matchmaking.JoinQueueAsync(options)).TicketId,
                    "joining twice is one place");
                Assert.AreEqual(first.TicketId, table.Result(ann.Client.Matchmaking.QueueStatusAsync()).TicketId);
                table.Until(() => ann.Client.Matchmaking.State.Status == QueueStatus.Queued, "known without asking");
                Assert.IsFalse(table.Result(ann.Client.Matchmaking.LeaveQueueAsync()), "nothing was forfeited");
                table.Until(() => ann.Client.Matchmaking.State.Status == QueueStatus.Idle, "out of the queue");
                Assert.AreEqual(
                    QueueStatus.Idle,
                    table.Result(ann.Client.Matchmaking.QueueStatusAsync()).Status);
                CollectionAssert.IsEmpty(ann.Matches);
            }
        }

        [Test]
        public void ThePlaceOfWhoWaitsIsToldAsTimeGoesBy()
        {
            using (var table = new Table())
            {
                Player ann = table.Join("Ann");
                Player bob = table.Join("Bob");
                QueueState first = table.Result(ann.Client.Matchmaking.JoinQueueAsync(Only(12)));
                QueueState second = table.Result(bob.Client.Matchmaking.JoinQueueAsync(Only(13)));
                Assert.AreEqual(first.Position + 1, second.Position, "one behind the other");
                table.Until(() => bob.Places.Exists(p => p.Waited.TotalSeconds >= 1), "how long has been told");
                table.Done(ann.Client.Matchmaking.LeaveQueueAsync());
                table.Until(() => bob.Places.Exists(p => p.Position == second.Position - 1), "one moves up");
                table.Done(bob.Client.Matchmaking.LeaveQueueAsync());
            }
        }

        [Test]
        public void WhatIsOutOfRangeIsRefusedWithItsName()
        {
            using (var table = new Table())
            {
                Player ann = table.Join("Ann");
                RallypointException error =
                    table.Error(ann.Client.Matchmaking.JoinQueueAsync(new GameOptions { ScoreToWin = 21 }));
                Assert.AreEqual(RallypointErrorCode.InvalidArgument, error.Code);
                StringAssert.Contains("score_to_win", error.Message);
                Player nobody = table.Sit("nobody", TestServer.Url);
                Assert.AreEqual(
                    RallypointErrorCode.NotSignedIn,
                    table.Error(nobody.Client.Matchmaking.JoinQueueAsync()).Code);
            }
        }

        [Test]
        public void TwoWhoWaitFindEachOtherOnce()
        {
            using (var table = new Table())
            {
                Player ann = table.Join("Ann");
                Player bob = table.Join("Bob");
                Match(table, ann, bob, new GameOptions { IsRanked = false, ScoreToWin = 14, HasCoolMode = true });
                MatchFound hers = ann.Matches[0];
                MatchFound his = bob.Matches[0];
                Assert.AreEqual(hers.GameId, his.GameId);
                Assert.AreEqual(bob.Id, hers.Opponent.Id);
                Assert.AreEqual("Ann", his.Opponent.DisplayName);
                CollectionAssert.AreEquivalent(
                    new[] { PlayerSide.Left, PlayerSide.Right },
                    new[] { hers.Side, his.Side });
                Assert.That(hers.ServerPort, Is.GreaterThan(0));
                Assert.IsNotEmpty(hers.ServerAddress);
                Assert.IsNotEmpty(hers.ConnectToken);
                Assert.AreNotEqual(hers.ConnectToken, his.ConnectToken);
                StringAssert.Contains(hers.GameId, hers.WebSocketPath);
                Assert.IsNotNull(hers.ConnectBy);
                Assert.AreEqual(14, hers.Game.ScoreToWin);
                Assert.AreEqual(true, hers.Game.HasCoolMode);
                QueueState again = table.Result(ann.Client.Matchmaking.QueueStatusAsync());
                Assert.AreEqual(hers.GameId, again.Match.GameId);
                Assert.AreNotEqual(hers.ConnectToken, again.Match.ConnectToken, "each way in is good once");
                table.Until(
                    () => ann.Client.Matchmaking.State.Match.ConnectToken == again.Match.ConnectToken,
                    "the newest one is kept");
                Assert.AreEqual(1, ann.Matches.Count, "one match is found once");

                table.Done(bob.Client.Matchmaking.LeaveQueueAsync());
                table.Until(() => ann.Cancellations.Count == 1, "she hears of it");
                MatchCancelled cancelled = ann.Cancellations[0];
                Assert.AreEqual(hers.GameId, cancelled.GameId);
                Assert.AreEqual(MatchCancelReason.OpponentLeft, cancelled.Reason);
                Assert.IsTrue(cancelled.IsRequeued);
                Assert.IsNotEmpty(cancelled.Message);
                table.Until(() => ann.Client.Matchmaking.State.Status == QueueStatus.Queued, "she waits again");
                table.Done(ann.Client.Matchmaking.LeaveQueueAsync());
            }
        }

        [Test]
        public void WhoDoesNotConnectLosesThePlaceAndTheOtherOneWaitsAgain()
        {
            using (var table = new Table())
            {
                Player ann = table.Join("Ann", TestServer.QuickExpiryUrl);
                Player bob = table.Join("Bob", TestServer.QuickExpiryUrl);
                Match(table, ann, bob, Only(15));
                using (RallypointGame game = RallypointGame.Connect(ann.Client, ann.Matches[0]))
                {
                    table.AlsoEachTurn(() => game.Update());
                    table.Until(() => game.Link == GameLink.Connected, "she is there");
                    table.Until(() => bob.Cancellations.Count == 1 && ann.Cancellations.Count == 1, "both are told");
                    Assert.AreEqual(MatchCancelReason.NotConnected, bob.Cancellations[0].Reason);
                    Assert.IsFalse(bob.Cancellations[0].IsRequeued);
                    Assert.AreEqual(MatchCancelReason.OpponentMissing, ann.Cancellations[0].Reason);
                    Assert.IsTrue(ann.Cancellations[0].IsRequeued);
                    table.Until(() => ann.Client.Matchmaking.State.Status == QueueStatus.Queued, "she waits again");
                    table.Until(() => bob.Client.Matchmaking.State.Status == QueueStatus.Idle, "he does not");
                }
                table.Done(ann.Client.Matchmaking.LeaveQueueAsync());
            }
        }

        [Test]
        public void APlaceOutlivesTheGameThatTookIt()
        {
            using (var table = new Table())
            {
                Player before = table.Join("Ann");
                long ticket = table.Result(before.Client.Matchmaking.JoinQueueAsync(Only(16))).TicketId;
                string token = before.Client.RefreshToken;
                before.Client.Dispose();

                Player after = table.Sit("Ann", TestServer.Url);
                table.Result(after.Client.ResumeAsync(token));
                table.Until(() => after.Places.Exists(place => place.TicketId == ticket), "the place is found again");

                Player bob = table.Join("Bob");
                table.Result(bob.Client.Matchmaking.JoinQueueAsync(Only(16)));
                table.Until(() => after.Matches.Count == 1 && bob.Matches.Count == 1, "the match is found");
                string second = after.Client.RefreshToken;
                after.Client.Dispose();
                Player again = table.Sit("Ann", TestServer.Url);
                table.Result(again.Client.ResumeAsync(second));
                table.Until(() => again.Matches.Count == 1, "and the match as well");
                Assert.AreEqual(bob.Matches[0].GameId, again.Matches[0].GameId);
                table.Done(again.Client.Matchmaking.LeaveQueueAsync());
                table.Done(bob.Client.Matchmaking.LeaveQueueAsync());
            }
        }

        /// <summary>Both join with these options, and find each other.</summary>
        internal static void Match(Table table, Player one, Player other, GameOptions options)
        {
            table.Result(one.Client.Matchmaking.JoinQueueAsync(options));
            table.Result(other.Client.Matchmaking.JoinQueueAsync(options));
            table.Until(() => one.Matches.Count == 1 && other.Matches.Count == 1, "both have found the match");
        }

        /// <summary>Nobody but the players of one test asks for as many points, so that tests do not meet.</summary>
        private static GameOptions Only(int points)
        {
            return new GameOptions { ScoreToWin = points };
        }
    }
}
