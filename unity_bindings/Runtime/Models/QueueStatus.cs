namespace Rallypoint
{
    /// <summary>What a player is doing in matchmaking.</summary>
    public enum QueueStatus
    {
        /// <summary>Neither waiting nor in a match.</summary>
        Idle = 0,

        /// <summary>Waiting for an opponent.</summary>
        Queued = 1,

        /// <summary>In a match that waits to be connected to, or is being played.</summary>
        Matched = 2,
    }
}
