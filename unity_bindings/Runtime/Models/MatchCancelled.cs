namespace Rallypoint
{
    /// <summary>A match that does not come about.</summary>
    public sealed class MatchCancelled
    {
        internal MatchCancelled(
            string gameId,
            MatchCancelReason reason,
            bool requeued,
            string message)
        {
            GameId = gameId;
            Reason = reason;
            IsRequeued = requeued;
            Message = message;
        }

        /// <summary>The game that is not played.</summary>
        public string GameId { get; }

        /// <summary>Why.</summary>
        public MatchCancelReason Reason { get; }

        /// <summary>Whether this player is back at the front of the queue, with the waiting time kept.</summary>
        public bool IsRequeued { get; }

        /// <summary>The reason in words for people.</summary>
        public string Message { get; }
    }
}
