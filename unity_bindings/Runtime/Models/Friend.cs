using System;

namespace Rallypoint
{
    /// <summary>A friend, or a request for friendship. A snapshot.</summary>
    public sealed class Friend
    {
        internal Friend(
            long friendshipId,
            RallypointUser user,
            bool accepted,
            bool incoming,
            DateTime? since,
            Presence presence)
        {
            FriendshipId = friendshipId;
            User = user;
            IsAccepted = accepted;
            IsIncoming = incoming;
            Since = since;
            Presence = presence;
        }

        /// <summary>The number by which it is accepted, declined and removed.</summary>
        public long FriendshipId { get; }

        /// <summary>The other one.</summary>
        public RallypointUser User { get; }

        /// <summary>A friend; otherwise a request that waits.</summary>
        public bool IsAccepted { get; }

        /// <summary>Whether the other one asked.</summary>
        public bool IsIncoming { get; }

        /// <summary>
        /// When it was asked for, or accepted, by the server's clock, in UTC; null in the moment before the server has
        /// said.
        /// </summary>
        public DateTime? Since { get; }

        /// <summary>Of a friend; null for a request.</summary>
        public Presence Presence { get; }
    }
}
