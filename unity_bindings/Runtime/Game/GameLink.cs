namespace Rallypoint
{
    /// <summary>How a game is connected to its server.</summary>
    public enum GameLink
    {
        /// <summary>On the way in.</summary>
        Connecting = 0,

        /// <summary>The server is heard.</summary>
        Connected = 1,

        /// <summary>The connection was lost and is being made anew, for 15 seconds at most.</summary>
        Reconnecting = 2,

        /// <summary>It is over. <see cref="RallypointGame.Closing"/> says why.</summary>
        Closed = 3,
    }
}
