namespace Rallypoint
{
    /// <summary>How fast a game on the bundled game server is.</summary>
    public enum GameSpeed
    {
        /// <summary>As the server likes.</summary>
        Unset = 0,

        /// <summary>For beginners.</summary>
        Slow = 1,

        /// <summary>The usual one.</summary>
        Medium = 2,

        /// <summary>For the quick.</summary>
        Fast = 3,
    }
}
