using System;
using System.Threading.Tasks;
using Rallypoint.Native;

namespace Rallypoint
{
    /// <summary>Sessions: lobbies with a code.</summary>
    public sealed class RallypointSessions
    {
        private readonly NativeClient _native;
        private readonly RequestTable _requests;

        internal RallypointSessions(NativeClient native, RequestTable requests)
        {
            _native = native;
            _requests = requests;
        }

        /// <summary>Opens a session, hosted by the bundled game server and with room for two.</summary>
        public Task<Session> CreateAsync()
        {
            return CreateAsync(new SessionSettings());
        }

        /// <summary>Opens a session. One is its host and first player.</summary>
        /// <param name="settings">What it shall be.</param>
        public Task<Session> CreateAsync(SessionSettings settings)
        {
            if (settings == null)
            {
                throw new ArgumentNullException(nameof(settings));
            }
            return _requests.Send(() => _native.CreateSession(settings), NativeReader.Session);
        }

        /// <summary>Looks a session up.</summary>
        /// <param name="code">The session's code.</param>
        public Task<Session> GetAsync(string code)
        {
            Require(code);
            return _requests.Send(() => _native.GetSession(code), NativeReader.Session);
        }

        /// <summary>Takes a seat in a session that one is invited to, or that is open.</summary>
        /// <param name="code">The session's code.</param>
        public Task<Session> JoinAsync(string code)
        {
            Require(code);
            return _requests.Send(() => _native.JoinSession(code), NativeReader.Session);
        }

        /// <summary>Leaves a session. If one was its host, the longest-present player becomes host.</summary>
        /// <param name="code">The session's code.</param>
        public Task LeaveAsync(string code)
        {
            Require(code);
            return _requests.Send(() => _native.LeaveSession(code), NativeReader.Nothing);
        }

        /// <summary>Closes a session that one hosts; its pending invites are cancelled.</summary>
        /// <param name="code">The session's code.</param>
        public Task CloseAsync(string code)
        {
            Require(code);
            return _requests.Send(() => _native.CloseSession(code), NativeReader.Nothing);
        }

        /// <summary>Asks for the way into the session's game on the bundled game server, with a fresh token.</summary>
        /// <param name="code">The session's code.</param>
        public Task<GameAccess> AccessAsync(string code)
        {
            Require(code);
            return _requests.Send(() => _native.SessionAccess(code), NativeReader.GameAccess);
        }

        private static void Require(string code)
        {
            if (code == null)
            {
                throw new ArgumentNullException(nameof(code));
            }
        }
    }
}
