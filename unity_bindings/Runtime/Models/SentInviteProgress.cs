namespace Rallypoint
{
    /// <summary>How far an invite that this player sent has come.</summary>
    public enum SentInviteProgress
    {
        /// <summary>Of a newer library, unknown to this version.</summary>
        Unknown = 0,

        /// <summary>The receiver's popup was shown.</summary>
        Seen = 1,

        /// <summary>The receiver takes the seat.</summary>
        Accepted = 2,

        /// <summary>The receiver does not want to.</summary>
        Declined = 3,

        /// <summary>It was taken back.</summary>
        Cancelled = 4,

        /// <summary>Nobody answered in time.</summary>
        Expired = 5,
    }
}
