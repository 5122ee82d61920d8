using System.Collections.Generic;

namespace Rallypoint
{
    /// <summary>Names and advice for every code, the same in every language.</summary>
    internal static class ErrorCatalogue
    {
        private static readonly Dictionary<RallypointErrorCode, Entry> Entries =
            new Dictionary<RallypointErrorCode, Entry>
        {
            {
                RallypointErrorCode.BadRequest,
                new Entry("BAD_REQUEST", "Check the request's fields against the protocol reference.")
            },
            { RallypointErrorCode.SelfInvite, new Entry("SELF_INVITE", "Invite somebody other than yourself.") },
            {
                RallypointErrorCode.InvalidMap,
                new Entry("INVALID_MAP", "Choose one of the maps that the server lists.")
            },
            {
                RallypointErrorCode.InvalidOptions,
                new Entry("INVALID_OPTIONS", "Correct the game options named in the details.")
            },
            { RallypointErrorCode.Unauthenticated, new Entry("UNAUTHENTICATED", "Sign in first.") },
            { RallypointErrorCode.TokenExpired, new Entry("TOKEN_EXPIRED", "Sign in again, or refresh the token.") },
            {
                RallypointErrorCode.BadCredentials,
                new Entry("BAD_CREDENTIALS", "Check the user name and the password.")
            },
            { RallypointErrorCode.Forbidden, new Entry("FORBIDDEN", "Ask for something that is yours.") },
            { RallypointErrorCode.NotHost, new Entry("NOT_HOST", "Ask the session's host to do this.") },
            { RallypointErrorCode.InvalidFriendship, new Entry("INVALID_FRIENDSHIP", "Become friends first.") },
            { RallypointErrorCode.NotFound, new Entry("NOT_FOUND", "Check the id or the path.") },
            {
                RallypointErrorCode.SessionNotFound,
                new Entry("SESSION_NOT_FOUND", "Check the session code, or ask for a new invite.")
            },
            {
                RallypointErrorCode.InvitationNotFound,
                new Entry("INVITATION_NOT_FOUND", "Check the invite id: no invite of yours has it.")
            },
            {
                RallypointErrorCode.UserOffline,
                new Entry("USER_OFFLINE", "Player is offline. Try again when they are back.")
            },
            {
                RallypointErrorCode.DuplicateInvitation,
                new Entry("DUPLICATE_INVITATION", "Invite already pending. Wait for the answer.")
            },
            {
                RallypointErrorCode.AlreadyResponded,
                new Entry("ALREADY_RESPONDED", "The invite has been answered or cancelled already.")
            },
            {
                RallypointErrorCode.SessionFull,
                new Entry("SESSION_FULL", "The session is full. Wait for a seat, or ask the host.")
            },
            { RallypointErrorCode.ActivityFull, new Entry("ACTIVITY_FULL", "The activity is full.") },
            { RallypointErrorCode.UserBusy, new Entry("USER_BUSY", "The player is in a game. Try again later.") },
            { RallypointErrorCode.NameTaken, new Entry("NAME_TAKEN", "Choose another name: this one is taken.") },
            {
                RallypointErrorCode.AlreadyRated,
                new Entry("ALREADY_RATED", "You have rated this player for this meeting.")
            },
            {
                RallypointErrorCode.ExpiredInvitation,
                new Entry("EXPIRED_INVITATION", "The invite has expired. Ask for a new one.")
            },
            { RallypointErrorCode.PayloadTooLarge, new Entry("PAYLOAD_TOO_LARGE", "Send at most 64 KiB at once.") },
            {
                RallypointErrorCode.TooManyPending,
                new Entry("TOO_MANY_PENDING", "Wait until some of your invites are answered.")
            },
            {
                RallypointErrorCode.RateLimited,
                new Entry("RATE_LIMITED", "Slow down, and try again after the time given.")
            },
            { RallypointErrorCode.GameError, new Entry("GAME_ERROR", "The game could not be made. Try again.") },
            {
                RallypointErrorCode.Internal,
                new Entry("INTERNAL", "Something broke on the server. Report the id in the message.")
            },
            {
                RallypointErrorCode.Unavailable,
                new Entry("UNAVAILABLE", "The server is not ready. Try again shortly.")
            },
            {
                RallypointErrorCode.Unknown,
                new Entry("UNKNOWN", "Update the client: the server answered with a code it does not know.")
            },
            { RallypointErrorCode.NullArgument, new Entry("NULL", "Pass a pointer that is not null.") },
            { RallypointErrorCode.InvalidText, new Entry("UTF8", "Pass text as UTF-8.") },
            {
                RallypointErrorCode.InvalidArgument,
                new Entry("ARGUMENT", "Correct the argument that the last error names.")
            },
            {
                RallypointErrorCode.BufferTooSmall,
                new Entry("BUFFER", "Pass a buffer of the length that was written.")
            },
            { RallypointErrorCode.InvalidIndex, new Entry("INDEX", "Use an index below the count.") },
            { RallypointErrorCode.InvalidHandle, new Entry("HANDLE", "Use a handle that has not been freed.") },
            { RallypointErrorCode.Closed, new Entry("CLOSED", "Make a new client.") },
            { RallypointErrorCode.NotSignedIn, new Entry("NOT_SIGNED_IN", "Sign in first.") },
            { RallypointErrorCode.Busy, new Entry("BUSY", "Poll the events that wait, then try again.") },
            {
                RallypointErrorCode.VersionMismatch,
                new Entry("VERSION", "Use the library and the header of the same release.")
            },
            {
                RallypointErrorCode.Network,
                new Entry("NETWORK", "Check the connection and the server's address, then try again.")
            },
            { RallypointErrorCode.Timeout, new Entry("TIMEOUT", "The server did not answer in time. Try again.") },
            { RallypointErrorCode.Handoff, new Entry("HANDOFF", "See the last error for what the system refused.") },
            { RallypointErrorCode.Start, new Entry("START", "Close other programs, then try again.") },
            { RallypointErrorCode.NativeDefect, new Entry("PANIC", "Report this defect with the log.") },
            { RallypointErrorCode.Other, new Entry("OTHER", "See the last error.") },
            {
                RallypointErrorCode.LibraryMissing,
                new Entry(
                    "LIBRARY_MISSING",
                    "Put the native library for this platform under Runtime/Plugins of the package, and rebuild.")
            },
            {
                RallypointErrorCode.UnsupportedPlatform,
                new Entry(
                    "UNSUPPORTED_PLATFORM",
                    "WebGL cannot load native libraries. " +
                    "Use the server's Socket.IO or REST interface from JavaScript there.")
            },
        };

        /// <summary>The name on the wire, such as <c>USER_OFFLINE</c>.</summary>
        internal static string Name(RallypointErrorCode code)
        {
            return Find(code).Name;
        }

        /// <summary>What to do about it, when nothing more precise is known.</summary>
        internal static string Advice(RallypointErrorCode code)
        {
            return Find(code).Advice;
        }

        /// <summary>Whether the same request can succeed later without being changed.</summary>
        internal static bool IsRetryable(RallypointErrorCode code)
        {
            switch (code)
            {
                case RallypointErrorCode.RateLimited:
                case RallypointErrorCode.Unavailable:
                case RallypointErrorCode.Internal:
                case RallypointErrorCode.GameError:
                case RallypointErrorCode.Network:
                case RallypointErrorCode.Timeout:
                case RallypointErrorCode.Busy:
                case RallypointErrorCode.Start:
                    return true;
                default:
                    return false;
            }
        }

        /// <summary>Every code that has a name.</summary>
        internal static IEnumerable<RallypointErrorCode> All
        {
            get { return Entries.Keys; }
        }

        private static Entry Find(RallypointErrorCode code)
        {
            Entry entry;
            return Entries.TryGetValue(code, out entry) ? entry : Entries[RallypointErrorCode.Unknown];
        }

        private struct Entry
        {
            internal Entry(string name, string advice)
            {
                Name = name;
                Advice = advice;
            }

            internal string Name { get; }

            internal string Advice { get; }
        }
    }
}
