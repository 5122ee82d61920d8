namespace Rallypoint
{
    /// <summary>How far a game has come.</summary>
    public enum GameStage
    {
        /// <summary>A stage of a newer server, unknown to this version.</summary>
        Unknown = 0,

        /// <summary>A seat is empty.</summary>
        WaitingForPlayers = 1,

        /// <summary>Both are there: say <see cref="RallypointGame.Ready"/>.</summary>
        WaitingForReady = 2,

        /// <summary>The ball is in play.</summary>
        Active = 3,

        /// <summary>A player has dropped out and has a moment to come back.</summary>
        Paused = 4,

        /// <summary>It is over: see the winner.</summary>
        Finished = 5,
    }
}
