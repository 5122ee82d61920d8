using System.Collections.Generic;
using System.Text;
using NUnit.Framework;

namespace Rallypoint.Tests
{
    /// <summary>Frames of a game's server, good and bad, without one.</summary>
    [TestFixture]
    public sealed class GameFrameTests
    {
        private const string Paused =
            "{'type':'game_state','id':'b4f1149a-30d1-45ab-9d1b-225671a3f4ab','state':'paused'," +
            "'players':[{'id':1,'username':'Zo\\u00eb \\'Z\\'','score':2,'side':'left','ready':true," +
            "'connected':true}," +
            "{'id':'2','username':'Bob','score':1,'side':'right','ready':true,'connected':false}]," +
            "'ball':{'x':0.25,'y':0.5,'vx':-0.50000,'vy':1e-1},'paddles':{'left':0.1,'right':0.9}," +
            "'tick':345," +
            "'options':{'game_speed':'fast','score_to_win':5,'time_limit':null,'cool_mode':false}," +
            "'paused_side':'right','resume_by_ms':12500}";

        [Test]
        public void AStateIsReadWhole()
        {
            GameState state = Read(Paused).State;
            Assert.AreEqual("b4f1149a-30d1-45ab-9d1b-225671a3f4ab", state.Id);
            Assert.AreEqual(GameStage.Paused, state.Stage);
            Assert.AreEqual("Zoë \"Z\"", state.On(PlayerSide.Left).Username);
            Assert.AreEqual(2, state.Find(1).Score);
            Assert.AreEqual(PlayerSide.Right, state.Find(2).Side, "an id may be a text");
            Assert.IsFalse(state.Find(2).IsConnected);
            Assert.IsNull(state.Find(3));
            Assert.AreEqual(0.25f, state.Ball.X);
            Assert.AreEqual(-0.5f, state.Ball.VelocityX);
            Assert.AreEqual(0.1f, state.Ball.VelocityY);
            Assert.AreEqual(0.9f, state.RightPaddle);
            Assert.AreEqual(345, state.Tick);
            Assert.AreEqual(GameSpeed.Fast, state.Options.Speed);
            Assert.AreEqual(5, state.Options.ScoreToWin);
            Assert.AreEqual(0, state.Options.TimeLimitMinutes);
            Assert.AreEqual(false, state.Options.HasCoolMode);
            Assert.AreEqual(PlayerSide.Right, state.PausedSide);
            Assert.AreEqual(12.5, state.ResumeWithin.TotalSeconds);
            Assert.AreEqual(0, state.WinnerId);
        }

        [Test]
        public void EverythingElseThatIsSaidIsRead()
        {
            Assert.AreEqual(7, Read("{'type':'player_ready','user_id':7}").UserId);
            Assert.AreEqual(GameMessage.Kind.Start, Read(" {'type' : 'game_start' } ").About);
            GameMove move =
                Read("{'type':'player_move','user_id':7,'movement':{'direction':'up'}}").Move;
            Assert.AreEqual(PaddleDirection.Up, move.Direction);
            Assert.IsNull(move.Target);
            Assert.AreEqual(
                0.5f,
                Read("{'type':'player_move','user_id':7,'movement':{'y':0.5}}").Move.Target);
            Assert.AreEqual(
                GameAction.Point,
                Read("{'type':'game_action','action':'point','data':{}}").Action);
            RallypointException error =
                Read("{'type':'error','code':'RATE_LIMITED','message':'Slower.'}").Error;
            Assert.AreEqual(RallypointErrorCode.RateLimited, error.Code);
            StringAssert.Contains("Slower.", error.Message);
        }

        [Test]
        public void WhatIsNoFrameIsNothing()
        {
            foreach (string frame in new[]
            {
                "", " ", "{", "}", "{}", "[]", "null", "1", "'game_start'", "{'type':1}", "{'type':'new'}",
                "{'type':'game_start'", "{'type':'game_start'}}", "{'type':'game_start',}", "{type:1}",
                "{'a':1e999999x}", "{'a':'\\u12'}", "{'a':'\\x'}", "{'a':tru}", "{'a':--1}", "\0",
            })
            {
                Assert.IsNull(Read(frame), frame);
            }
        }

        [Test]
        public void WhatIsNestedTooDeepOrCutShortDoesNoHarm()
        {
            var deep = new StringBuilder("{'type':'game_state','players':");
            deep.Append('[', 100000);
            Assert.IsNull(Read(deep.ToString()));
            for (int length = 0; length < Paused.Length; length++)
            {
                Assert.IsNull(Read(Paused.Substring(0, length)));
            }
        }

        [Test]
        public void FieldsOfTheWrongTypeAreAsGoodAsMissing()
        {
            GameState state = Read(
                "{'type':'game_state','id':1,'state':[],'players':{'id':1},'ball':3,'paddles':null," +
                "'tick':'x','options':[{}],'winner_id':1e300,'resume_by_ms':-5}").State;
            Assert.AreEqual(GameStage.Unknown, state.Stage);
            CollectionAssert.IsEmpty(state.Players);
            Assert.AreEqual(0f, state.Ball.X);
            Assert.AreEqual(0, state.WinnerId);
            Assert.AreEqual(0, state.ResumeWithin.TotalSeconds);
        }

        [Test]
        public void OfManyStatesTheNewestWaitsAndNothingElseIsSkipped()
        {
            var inbox = new GameInbox();
            for (int i = 0; i < 1000; i++)
            {
                inbox.Add(Read(Paused));
            }
            inbox.Add(Read("{'type':'game_start'}"));
            GameMessage newest = Read(Paused);
            inbox.Add(Read(Paused));
            inbox.Add(newest);
            var taken = new List<GameMessage>();
            GameMessage next;
            while (inbox.TryTake(out next))
            {
                taken.Add(next);
            }
            Assert.AreEqual(3, taken.Count);
            Assert.AreEqual(GameMessage.Kind.Start, taken[1].About);
            Assert.AreSame(newest, taken[2]);
        }

        [Test]
        public void OfSeveralMovesTheLastOneIsSent()
        {
            var outbox = new GameOutbox();
            outbox.SayReady();
            outbox.Move(PaddleDirection.Up);
            outbox.Move(PaddleDirection.Stop);
            outbox.MoveTo(0.25f);
            CollectionAssert.AreEqual(
                new[]
                {
                    Quoted("{'type':'player_ready'}"),
                    Quoted("{'type':'player_move','movement':{'y':0.25}}"),
                },
                outbox.Take());
            CollectionAssert.IsEmpty(outbox.Take());
        }

        private static GameMessage Read(string frame)
        {
            return GameReader.Read(Quoted(frame));
        }

        /// <summary>Frames are written with single quotes here, to be read more easily.</summary>
        private static string Quoted(string frame)
        {
            return frame.Replace('\'', '"');
        }
    }
}
