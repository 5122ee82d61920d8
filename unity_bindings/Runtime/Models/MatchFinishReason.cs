namespace Rallypoint
{
    /// <summary>How a match ended.</summary>
    public enum MatchFinishReason
    {
        /// <summary>A way of a newer server, unknown to this version.</summary>
        Unknown = 0,

        /// <summary>Somebody has all the points that it takes.</summary>
        Score = 1,

        /// <summary>The time was up.</summary>
        Time = 2,

        /// <summary>Somebody left, or did not come back.</summary>
        Forfeit = 3,
    }
}
