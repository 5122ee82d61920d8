using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Rallypoint.Native;

namespace Rallypoint
{
    /// <summary>
    /// Who is there. <see cref="RallypointClient.PresenceChanged"/> tells of friends who come, go or say something
    /// else.
    /// </summary>
    public sealed class RallypointPresence
    {
        private readonly NativeClient _native;
        private readonly RequestTable _requests;

        internal RallypointPresence(NativeClient native, RequestTable requests)
        {
            _native = native;
            _requests = requests;
        }

        /// <summary>Asks who of up to 100 people is there.</summary>
        /// <param name="userIds">The people.</param>
        /// <exception cref="RallypointException">
        /// <see cref="RallypointErrorCode.InvalidArgument"/>: more than 100.
        /// </exception>
        public Task<IReadOnlyList<Presence>> OfAsync(params long[] userIds)
        {
            if (userIds == null)
            {
                throw new ArgumentNullException(nameof(userIds));
            }
            return _requests.Send(() => _native.Presence(userIds), NativeReader.Presences);
        }

        /// <summary>
        /// Says what the player is doing, for friends to see. It holds until the sign-out: after a reconnect it is said
        /// again.
        /// </summary>
        /// <param name="status">At most 256 bytes of UTF-8; null or empty takes it away.</param>
        /// <exception cref="RallypointException">
        /// <see cref="RallypointErrorCode.BadRequest"/>: longer than 256 bytes.
        /// </exception>
        public Task SetStatusAsync(string status)
        {
            return _requests.Send(() => _native.SetStatus(status), NativeReader.Nothing);
        }
    }
}
