using System;

namespace Rallypoint
{
    /// <summary>A match, and what it takes to connect to it. Connecting is accepting.</summary>
    public sealed class MatchFound
    {
        internal MatchFound(
            string gameId,
            PlayerSide side,
            RallypointUser opponent,
            string serverAddress,
            int serverPort,
            string connectToken,
            string webSocketPath,
            DateTime? connectBy,
            GameOptions game)
        {
            GameId = gameId;
            Side = side;
            Opponent = opponent;
            ServerAddress = serverAddress;
            ServerPort = serverPort;
            ConnectToken = connectToken;
            WebSocketPath = webSocketPath;
            ConnectBy = connectBy;
            Game = game;
        }

        /// <summary>The game on the server.</summary>
        public string GameId { get; }

        /// <summary>Which paddle is this player's.</summary>
        public PlayerSide Side { get; }

        /// <summary>Who plays the other one.</summary>
        public RallypointUser Opponent { get; }

        /// <summary>IP address of the game server.</summary>
        public string ServerAddress { get; }

        /// <summary>UDP port of the game server.</summary>
        public int ServerPort { get; }

        /// <summary>
        /// A netcode connect token in base64, for the game server over UDP. It works once, within 30 seconds;
        /// <see cref="RallypointMatchmaking.QueueStatusAsync"/> brings another.
        /// </summary>
        public string ConnectToken { get; }

        /// <summary>Where <see cref="RallypointGame"/> plays it; empty where the server has no such place.</summary>
        public string WebSocketPath { get; }

        /// <summary>Until when to connect, by the server's clock; null once both players have.</summary>
        public DateTime? ConnectBy { get; }

        /// <summary>How it is played: both players' wishes in one.</summary>
        public GameOptions Game { get; }
    }
}
