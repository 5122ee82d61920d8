namespace Rallypoint
{
    /// <summary>How a game on the bundled game server is to be played. What is left alone takes its default.</summary>
    public sealed class GameOptions
    {
        /// <summary>How fast it is.</summary>
        public GameSpeed Speed { get; set; }

        /// <summary>Whether it counts; null leaves it to the server.</summary>
        public bool? IsRanked { get; set; }

        /// <summary>Whether it has its special effects; null leaves it to the server.</summary>
        public bool? HasCoolMode { get; set; }

        /// <summary>3 to 20 points; 0 leaves it to the server.</summary>
        public int ScoreToWin { get; set; }

        /// <summary>1 to 5 minutes; 0 for no limit.</summary>
        public int TimeLimitMinutes { get; set; }
    }
}
