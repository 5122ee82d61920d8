namespace Rallypoint
{
    /// <summary>Where an invite in the queue stands.</summary>
    public enum InviteState
    {
        /// <summary>Waiting for the player's answer.</summary>
        Ringing = 0,

        /// <summary>Accept is under way. Keep both buttons disabled.</summary>
        Accepting = 1,

        /// <summary>Decline is under way. Keep both buttons disabled.</summary>
        Declining = 2,
    }
}
