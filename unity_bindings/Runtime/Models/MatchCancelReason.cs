namespace Rallypoint
{
    /// <summary>Why a match did not come about.</summary>
    public enum MatchCancelReason
    {
        /// <summary>A reason of a newer library, unknown to this version.</summary>
        Unknown = 0,

        /// <summary>The other player did not connect in time.</summary>
        OpponentMissing = 1,

        /// <summary>This player did not connect in time.</summary>
        NotConnected = 2,

        /// <summary>The other player left before the match began.</summary>
        OpponentLeft = 3,

        /// <summary>The game server was started anew.</summary>
        ServerRestarted = 4,
    }
}
