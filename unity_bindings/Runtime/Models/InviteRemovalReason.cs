namespace Rallypoint
{
    /// <summary>Why an invite left the queue.</summary>
    public enum InviteRemovalReason
    {
        /// <summary>A reason of a newer library, unknown to this version.</summary>
        Unknown = 0,

        /// <summary>Accepted here.</summary>
        Accepted = 1,

        /// <summary>Declined here.</summary>
        Declined = 2,

        /// <summary>The sender took it back.</summary>
        Cancelled = 3,

        /// <summary>Nobody answered in time.</summary>
        Expired = 4,

        /// <summary>The session that it was for has closed.</summary>
        SessionClosed = 5,

        /// <summary>Another of the player's devices answered.</summary>
        AnsweredElsewhere = 6,

        /// <summary>The player signed out.</summary>
        SignedOut = 7,

        /// <summary>It ended while this device could not hear how.</summary>
        NoLongerPending = 8,
    }
}
