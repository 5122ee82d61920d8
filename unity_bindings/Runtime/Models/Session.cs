using System.Collections.Generic;

namespace Rallypoint
{
    /// <summary>A joinable lobby with a code.</summary>
    public sealed class Session
    {
        internal Session(
            string code,
            string name,
            long hostId,
            string serverAddress,
            int serverPort,
            int maxPlayers,
            bool open,
            bool active,
            string gameId,
            IReadOnlyList<SessionPlayer> players,
            GameOptions game)
        {
            Code = code;
            Name = name;
            HostId = hostId;
            ServerAddress = serverAddress;
            ServerPort = serverPort;
            MaxPlayers = maxPlayers;
            IsOpen = open;
            IsActive = active;
            GameId = gameId;
            Players = players;
            Game = game;
        }

        /// <summary>Six characters, for people to pass on.</summary>
        public string Code { get; }

        /// <summary>What to show.</summary>
        public string Name { get; }

        /// <summary>The player who may invite and close.</summary>
        public long HostId { get; }

        /// <summary>IP address of the game server.</summary>
        public string ServerAddress { get; }

        /// <summary>Port of the game server.</summary>
        public int ServerPort { get; }

        /// <summary>How many seats there are.</summary>
        public int MaxPlayers { get; }

        /// <summary>Whether everybody with the code may join, not just the invited.</summary>
        public bool IsOpen { get; }

        /// <summary>False once the host has closed it or the last player has left.</summary>
        public bool IsActive { get; }

        /// <summary>The room on the bundled game server; empty when another server hosts the session.</summary>
        public string GameId { get; }

        /// <summary>In the order in which they joined.</summary>
        public IReadOnlyList<SessionPlayer> Players { get; }

        /// <summary>How its game is played.</summary>
        public GameOptions Game { get; }
    }
}
