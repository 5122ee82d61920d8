namespace Rallypoint
{
    /// <summary>Why a game is closed.</summary>
    public enum GameClosing
    {
        /// <summary>It is not.</summary>
        None = 0,

        /// <summary>The game is over.</summary>
        Finished = 1,

        /// <summary>This player left it.</summary>
        Left = 2,

        /// <summary>The same player has connected from elsewhere.</summary>
        Replaced = 3,

        /// <summary>The server does not let this player in; see the error.</summary>
        Refused = 4,

        /// <summary>The server could not be reached again in time.</summary>
        Lost = 5,

        /// <summary><see cref="RallypointGame.Dispose"/> was called.</summary>
        Disposed = 6,
    }
}
