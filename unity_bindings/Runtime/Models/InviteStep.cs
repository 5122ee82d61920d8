namespace Rallypoint
{
    /// <summary>A step in an invite's life.</summary>
    public enum InviteStep
    {
        /// <summary>Of a newer server, unknown to this version.</summary>
        Unknown = 0,

        /// <summary>It was sent.</summary>
        Created = 1,

        /// <summary>It was handed to a connection of the receiver's.</summary>
        Delivered = 2,

        /// <summary>The receiver's popup was shown.</summary>
        Seen = 3,

        /// <summary>The receiver accepted.</summary>
        Accepted = 4,

        /// <summary>The receiver did not want to.</summary>
        Declined = 5,

        /// <summary>It was taken back.</summary>
        Cancelled = 6,

        /// <summary>Nobody answered in time.</summary>
        Expired = 7,
    }
}
