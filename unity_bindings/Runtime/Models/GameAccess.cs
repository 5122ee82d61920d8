namespace Rallypoint
{
    /// <summary>What a game client needs to enter the game.</summary>
    public sealed class GameAccess
    {
        internal GameAccess(
            string sessionCode,
            string serverAddress,
            int serverPort,
            string gameId,
            string connectToken)
        {
            SessionCode = sessionCode;
            ServerAddress = serverAddress;
            ServerPort = serverPort;
            GameId = gameId;
            ConnectToken = connectToken;
        }

        /// <summary>The session that was joined.</summary>
        public string SessionCode { get; }

        /// <summary>IP address of the game server.</summary>
        public string ServerAddress { get; }

        /// <summary>UDP port of the game server.</summary>
        public int ServerPort { get; }

        /// <summary>The room on the bundled game server; empty when another server hosts the session.</summary>
        public string GameId { get; }

        /// <summary>
        /// A netcode connect token in base64 for the bundled game server; works once, within 30 seconds. Empty when
        /// another server hosts the session.
        /// </summary>
        public string ConnectToken { get; }
    }
}
