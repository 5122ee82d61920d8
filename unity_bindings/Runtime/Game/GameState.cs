using System;
using System.Collections.Generic;
using System.Diagnostics;

namespace Rallypoint
{
    /// <summary>A game as the server sees it.</summary>
    public sealed class GameState
    {
        private readonly Stopwatch _age = Stopwatch.StartNew();

        internal GameState(
            string id,
            GameStage stage,
            IReadOnlyList<GamePlayer> players,
            GameBall ball,
            float leftPaddle,
            float rightPaddle,
            long tick,
            GameOptions options,
            PlayerSide pausedSide,
            TimeSpan resumeWithin,
            long winnerId,
            MatchFinishReason reason)
        {
            Id = id;
            Stage = stage;
            Players = players;
            Ball = ball;
            LeftPaddle = leftPaddle;
            RightPaddle = rightPaddle;
            Tick = tick;
            Options = options;
            PausedSide = pausedSide;
            ResumeWithin = resumeWithin;
            WinnerId = winnerId;
            Reason = reason;
        }

        /// <summary>The game.</summary>
        public string Id { get; }

        /// <summary>How far it has come.</summary>
        public GameStage Stage { get; }

        /// <summary>Who has a seat.</summary>
        public IReadOnlyList<GamePlayer> Players { get; }

        /// <summary>The ball.</summary>
        public GameBall Ball { get; }

        /// <summary>Centre of the left paddle, from 0 at the top to 1.</summary>
        public float LeftPaddle { get; }

        /// <summary>Centre of the right paddle, from 0 at the top to 1.</summary>
        public float RightPaddle { get; }

        /// <summary>The step of the simulation, 60 of them in a second of play.</summary>
        public long Tick { get; }

        /// <summary>How it is played.</summary>
        public GameOptions Options { get; }

        /// <summary>Whose player it waits for while it is paused.</summary>
        public PlayerSide PausedSide { get; }

        /// <summary>How long it waits for that player, as of this state.</summary>
        public TimeSpan ResumeWithin { get; }

        /// <summary>Who won; 0 before the end and after a draw.</summary>
        public long WinnerId { get; }

        /// <summary>How it ended.</summary>
        public MatchFinishReason Reason { get; }

        /// <summary>How long ago it arrived, to move the ball on until the next one.</summary>
        public TimeSpan Age
        {
            get { return _age.Elapsed; }
        }

        /// <summary>The player with this paddle; null while the seat is empty.</summary>
        /// <param name="side">Whose paddle.</param>
        public GamePlayer On(PlayerSide side)
        {
            foreach (GamePlayer player in Players)
            {
                if (player.Side == side)
                {
                    return player;
                }
            }
            return null;
        }

        /// <summary>The player who is this user; null if that user does not play.</summary>
        /// <param name="userId">The user.</param>
        public GamePlayer Find(long userId)
        {
            foreach (GamePlayer player in Players)
            {
                if (player.Id == userId)
                {
                    return player;
                }
            }
            return null;
        }
    }
}
