using System;
using System.Collections.Generic;
using Rallypoint.Native;

namespace Rallypoint
{
    /// <summary>The native library as a whole: all its clients, its version, its log.</summary>
    public static class RallypointLibrary
    {
        private static readonly object Gate = new object();
        private static readonly List<RallypointClient> Clients = new List<RallypointClient>();
        private static readonly List<RallypointGame> Games = new List<RallypointGame>();
        private static RallypointLogLevel _logLevel = RallypointLogLevel.Warning;

        /// <summary>Whether native clients can exist on this platform. False on WebGL.</summary>
        public static bool IsSupported
        {
            get
            {
#if UNITY_WEBGL && !UNITY_EDITOR
                return false;
#else
                return true;
#endif
            }
        }

        /// <summary>Whether anything has called the native library since the scripts were loaded.</summary>
        public static bool IsLoaded
        {
            get { return NativeLibrary.IsLoaded; }
        }

        /// <summary>How many clients were made and not yet disposed of.</summary>
        public static int ClientCount
        {
            get
            {
                lock (Gate)
                {
                    return Clients.Count;
                }
            }
        }

        /// <summary>How much <see cref="RallypointClient.LogMessage"/> tells. Warnings and errors unless set.</summary>
        /// <exception cref="RallypointException">The library is missing or of another version.</exception>
        public static RallypointLogLevel LogLevel
        {
            get
            {
                return _logLevel;
            }
            set
            {
                NativeLibrary.SetLogLevel(value);
                _logLevel = value;
            }
        }

        /// <summary>
        /// Disposes of every client and every <see cref="RallypointGame"/>, and ends every thread of the native
        /// library. Unity never unloads a native library, so this must run before the managed side goes away: when the
        /// application quits and before the Editor reloads its scripts. <c>RallypointBehaviour</c> and this package's
        /// Editor hook do it. Clients can be made again afterwards.
        /// </summary>
        /// <param name="timeout">The longest that it may take.</param>
        /// <returns>True if every thread has ended.</returns>
        public static bool ShutdownAll(TimeSpan timeout)
        {
            RallypointClient[] left;
            RallypointGame[] games;
            lock (Gate)
            {
                left = Clients.ToArray();
                games = Games.ToArray();
            }
            foreach (RallypointGame game in games)
            {
                game.Dispose();
            }
            foreach (RallypointClient client in left)
            {
                client.Dispose();
            }
            return NativeLibrary.ShutdownAll(timeout);
        }

        internal static void Register(RallypointClient client)
        {
            lock (Gate)
            {
                Clients.Add(client);
            }
        }

        internal static void Unregister(RallypointClient client)
        {
            lock (Gate)
            {
                Clients.Remove(client);
            }
        }

        internal static void Register(RallypointGame game)
        {
            lock (Gate)
            {
                Games.Add(game);
            }
        }

        internal static void Unregister(RallypointGame game)
        {
            lock (Gate)
            {
                Games.Remove(game);
            }
        }

        /// <summary>Hands the log lines so far to every client that wants them.</summary>
        internal static void PassLogOn()
        {
            RallypointLogMessage line;
            while (NativeLibrary.TryNextLogLine(out line))
            {
                lock (Gate)
                {
                    foreach (RallypointClient client in Clients)
                    {
                        client.Enqueue(line);
                    }
                }
            }
        }
    }
}
