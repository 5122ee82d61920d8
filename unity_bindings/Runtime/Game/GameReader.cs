using System;
using System.Collections.Generic;

namespace Rallypoint
{
    /// <summary>From the server's frames to the package's types.</summary>
    internal static class GameReader
    {
        /// <summary>Null for a frame of a newer server, and for what is no frame at all.</summary>
        internal static GameMessage Read(string frame)
        {
            JsonObject told;
            try
            {
                told = Json.ReadObject(frame);
            }
            catch (FormatException)
            {
                return null;
            }
            switch (told.Text("type"))
            {
                case "game_state":
                    return new GameMessage(GameMessage.Kind.State) { State = State(told) };
                case "player_ready":
                    return new GameMessage(GameMessage.Kind.Ready) { UserId = told.Id("user_id") };
                case "game_start":
                    return new GameMessage(GameMessage.Kind.Start);
                case "player_move":
                    return new GameMessage(GameMessage.Kind.Move) { Move = Move(told) };
                case "game_action":
                    return new GameMessage(GameMessage.Kind.Action) { Action = Action(told.Text("action")) };
                case "error":
                    return new GameMessage(GameMessage.Kind.Refused) { Error = Error(told) };
                default:
                    return null;
            }
        }

        /// <summary>The error that a close frame names, or a close reason in general.</summary>
        internal static RallypointException Error(string name, string advice)
        {
            foreach (RallypointErrorCode code in ErrorCatalogue.All)
            {
                if (ErrorCatalogue.Name(code) == name)
                {
                    return new RallypointException(code, advice);
                }
            }
            return new RallypointException(RallypointErrorCode.Unknown, advice);
        }

        private static RallypointException Error(JsonObject told)
        {
            return Error(told.Text("code"), told.Text("message"));
        }

        private static GameState State(JsonObject told)
        {
            JsonObject paddles = told.Object("paddles");
            return new GameState(
                told.Text("id"),
                Stage(told.Text("state")),
                Players(told),
                Ball(told.Object("ball")),
                paddles.Fraction("left"),
                paddles.Fraction("right"),
                (long)told.Number("tick"),
                Options(told.Object("options")),
                Side(told.Text("paused_side")),
                TimeSpan.FromMilliseconds(Math.Max(0, told.Count("resume_by_ms"))),
                told.Id("winner_id"),
                Reason(told.Text("reason")));
        }

        private static IReadOnlyList<GamePlayer> Players(JsonObject told)
        {
            var players = new List<GamePlayer>(2);
            foreach (JsonObject player in told.Objects("players"))
            {
                players.Add(new GamePlayer(
                    player.Id("id"),
                    player.Text("username"),
                    player.Count("score"),
                    Side(player.Text("side")),
                    player.Truth("ready"),
                    // Servers that do not say it tell of those alone who are there.
                    player.Choice("connected") ?? true));
            }
            return players;
        }

        private static GameBall Ball(JsonObject ball)
        {
            return new GameBall(ball.Fraction("x"), ball.Fraction("y"), ball.Fraction("vx"), ball.Fraction("vy"));
        }

        private static GameOptions Options(JsonObject options)
        {
            return new GameOptions
            {
                Speed = Speed(options.Text("game_speed")),
                IsRanked = options.Choice("ranked"),
                HasCoolMode = options.Choice("cool_mode"),
                ScoreToWin = options.Count("score_to_win"),
                TimeLimitMinutes = options.Count("time_limit"),
            };
        }

        private static GameMove Move(JsonObject told)
        {
            JsonObject movement = told.Object("movement");
            float? target = movement.Has("y") ? movement.Fraction("y") : (float?)null;
            return new GameMove(told.Id("user_id"), Direction(movement.Text("direction")), target);
        }

        private static GameStage Stage(string word)
        {
            switch (word)
            {
                case "waiting_for_players":
                    return GameStage.WaitingForPlayers;
                case "waiting_for_ready":
                    return GameStage.WaitingForReady;
                case "active":
                    return GameStage.Active;
                case "paused":
                    return GameStage.Paused;
                case "finished":
                    return GameStage.Finished;
                default:
                    return GameStage.Unknown;
            }
        }

        private static GameAction Action(string word)
        {
            switch (word)
            {
                case "point":
                    return GameAction.Point;
                case "paused":
                    return GameAction.Paused;
                case "resumed":
                    return GameAction.Resumed;
                case "finished":
                    return GameAction.Finished;
                default:
                    return GameAction.Unknown;
            }
        }

        private static PlayerSide Side(string word)
        {
            return word == "left" ? PlayerSide.Left : word == "right" ? PlayerSide.Right : PlayerSide.None;
        }

        private static PaddleDirection Direction(string word)
        {
            return word == "up" ? PaddleDirection.Up : word == "down" ? PaddleDirection.Down : PaddleDirection.Stop;
        }

        private static GameSpeed Speed(string word)
        {
            switch (word)
            {
                case "slow":
                    return GameSpeed.Slow;
                case "medium":
                    return GameSpeed.Medium;
                case "fast":
                    return GameSpeed.Fast;
                default:
                    return GameSpeed.Unset;
            }
        }

        private static MatchFinishReason Reason(string word)
        {
            switch (word)
            {
                case "score":
                    return MatchFinishReason.Score;
                case "time":
                    return MatchFinishReason.Time;
                case "forfeit":
                    return MatchFinishReason.Forfeit;
                default:
                    return MatchFinishReason.Unknown;
            }
        }
    }
}
