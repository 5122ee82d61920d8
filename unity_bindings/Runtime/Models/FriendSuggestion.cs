namespace Rallypoint
{
    /// <summary>A friend of friends.</summary>
    public sealed class FriendSuggestion
    {
        internal FriendSuggestion(RallypointUser user, int mutualFriends)
        {
            User = user;
            MutualFriends = mutualFriends;
        }

        /// <summary>Whom one might know.</summary>
        public RallypointUser User { get; }

        /// <summary>How many friends one has in common.</summary>
        public int MutualFriends { get; }
    }
}
