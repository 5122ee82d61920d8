namespace Rallypoint
{
    /// <summary>What a new session shall be. What is left alone takes the server's default.</summary>
    public sealed class SessionSettings
    {
        /// <summary>At most 64 characters.</summary>
        public string Name { get; set; }

        /// <summary>2 to 64; 0 takes the server's default.</summary>
        public int MaxPlayers { get; set; }

        /// <summary>IP address of one's own game server; null lets the bundled game server host the session.</summary>
        public string ServerAddress { get; set; }

        /// <summary>Port of one's own game server; 0 goes with a null <see cref="ServerAddress"/>.</summary>
        public int ServerPort { get; set; }

        /// <summary>Whether everybody with the code may join, not just the invited.</summary>
        public bool IsOpen { get; set; }

        /// <summary>How the game is to be played; null leaves all of it to the server.</summary>
        public GameOptions Game { get; set; }
    }
}
