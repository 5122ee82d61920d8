namespace Rallypoint
{
    /// <summary>The result of a match.</summary>
    public sealed class MatchFinished
    {
        internal MatchFinished(
            string gameId,
            long winnerId,
            MatchFinishReason reason,
            int leftScore,
            int rightScore,
            RatingChange rating)
        {
            GameId = gameId;
            WinnerId = winnerId;
            Reason = reason;
            LeftScore = leftScore;
            RightScore = rightScore;
            Rating = rating;
        }

        /// <summary>The game that was played.</summary>
        public string GameId { get; }

        /// <summary>Who won; 0 after a draw.</summary>
        public long WinnerId { get; }

        /// <summary>How it ended.</summary>
        public MatchFinishReason Reason { get; }

        /// <summary>The left player's points.</summary>
        public int LeftScore { get; }

        /// <summary>The right player's points.</summary>
        public int RightScore { get; }

        /// <summary>What became of this player's rating; null where the match was not ranked.</summary>
        public RatingChange Rating { get; }
    }
}
