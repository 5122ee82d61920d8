using System;

namespace Rallypoint
{
    /// <summary>Where a player stands in matchmaking. What does not belong to its status is 0 or null.</summary>
    public sealed class QueueState
    {
        internal QueueState(
            QueueStatus status,
            long ticketId,
            int position,
            int queueSize,
            TimeSpan waited,
            TimeSpan? estimate,
            int rating,
            int? ratingWindow,
            MatchFound match)
        {
            Status = status;
            TicketId = ticketId;
            Position = position;
            QueueSize = queueSize;
            Waited = waited;
            Estimate = estimate;
            Rating = rating;
            RatingWindow = ratingWindow;
            Match = match;
        }

        /// <summary>Waiting, in a match, or neither.</summary>
        public QueueStatus Status { get; }

        /// <summary>The place in the queue, for support; 0 outside of it.</summary>
        public long TicketId { get; }

        /// <summary>1 for whoever has waited longest.</summary>
        public int Position { get; }

        /// <summary>How many wait, this player included.</summary>
        public int QueueSize { get; }

        /// <summary>How long this player had waited when the server answered.</summary>
        public TimeSpan Waited { get; }

        /// <summary>How long players have waited lately; null if the server does not know.</summary>
        public TimeSpan? Estimate { get; }

        /// <summary>The player's own rating; 0 if the server did not say.</summary>
        public int Rating { get; }

        /// <summary>How far the opponent's rating may be from one's own just now; null when it may be any.</summary>
        public int? RatingWindow { get; }

        /// <summary>The match; null while there is none.</summary>
        public MatchFound Match { get; }
    }
}
