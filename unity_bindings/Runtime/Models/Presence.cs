namespace Rallypoint
{
    /// <summary>Whether a user is there, and what they say they are doing.</summary>
    public sealed class Presence
    {
        internal Presence(long userId, string username, bool online, bool inGame, string status)
        {
            UserId = userId;
            Username = username;
            IsOnline = online;
            IsInGame = inGame;
            Status = status;
        }

        /// <summary>The user.</summary>
        public long UserId { get; }

        /// <summary>The user's name.</summary>
        public string Username { get; }

        /// <summary>Reachable on any device.</summary>
        public bool IsOnline { get; }

        /// <summary>Playing a game at the moment.</summary>
        public bool IsInGame { get; }

        /// <summary>The user's own words; empty where there are none.</summary>
        public string Status { get; }
    }
}
