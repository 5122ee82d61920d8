namespace Rallypoint
{
    /// <summary>A moment of a game.</summary>
    public enum GameAction
    {
        /// <summary>Something of a newer server, unknown to this version.</summary>
        Unknown = 0,

        /// <summary>Somebody has scored.</summary>
        Point = 1,

        /// <summary>A player has dropped out.</summary>
        Paused = 2,

        /// <summary>The player is back.</summary>
        Resumed = 3,

        /// <summary>It is over.</summary>
        Finished = 4,
    }
}
