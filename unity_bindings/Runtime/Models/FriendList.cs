using System.Collections.Generic;

namespace Rallypoint
{
    /// <summary>What is known of a player's friends. A snapshot.</summary>
    public sealed class FriendList
    {
        internal FriendList(IReadOnlyList<Friend> friends, IReadOnlyList<Friend> requests, bool fetched)
        {
            Friends = friends;
            Requests = requests;
            IsFetched = fetched;
        }

        /// <summary>The friends with their presence, newest first.</summary>
        public IReadOnlyList<Friend> Friends { get; }

        /// <summary>The requests that wait, in both directions, newest first.</summary>
        public IReadOnlyList<Friend> Requests { get; }

        /// <summary>Whether the server's lists have been read since the sign-in.</summary>
        public bool IsFetched { get; }
    }
}
