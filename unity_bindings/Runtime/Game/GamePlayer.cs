namespace Rallypoint
{
    /// <summary>Somebody who plays.</summary>
    public sealed class GamePlayer
    {
        internal GamePlayer(
            long id,
            string username,
            int score,
            PlayerSide side,
            bool ready,
            bool connected)
        {
            Id = id;
            Username = username;
            Score = score;
            Side = side;
            IsReady = ready;
            IsConnected = connected;
        }

        /// <summary>The user.</summary>
        public long Id { get; }

        /// <summary>What to show.</summary>
        public string Username { get; }

        /// <summary>Points so far.</summary>
        public int Score { get; }

        /// <summary>Which paddle.</summary>
        public PlayerSide Side { get; }

        /// <summary>Whether the player has said so.</summary>
        public bool IsReady { get; }

        /// <summary>Whether the player is there just now.</summary>
        public bool IsConnected { get; }
    }
}
