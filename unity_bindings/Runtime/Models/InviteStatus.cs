namespace Rallypoint
{
    /// <summary>How an invite that this player sent stands.</summary>
    public enum InviteStatus
    {
        /// <summary>Of a newer library, unknown to this version.</summary>
        Unknown = 0,

        /// <summary>Waiting for the answer.</summary>
        Pending = 1,

        /// <summary>The receiver took the seat.</summary>
        Accepted = 2,

        /// <summary>The receiver did not want to.</summary>
        Declined = 3,

        /// <summary>It was taken back.</summary>
        Cancelled = 4,

        /// <summary>Nobody answered in time.</summary>
        Expired = 5,
    }
}
