using System;
using System.Threading.Tasks;
using Rallypoint.Native;

namespace Rallypoint
{
    /// <summary>Matchmaking: a place in the queue, and the match it leads to.</summary>
    public sealed class RallypointMatchmaking
    {
        private readonly NativeClient _native;
        private readonly RequestTable _requests;

        internal RallypointMatchmaking(NativeClient native, RequestTable requests)
        {
            _native = native;
            _requests = requests;
        }

        /// <summary>
        /// Where the player was last known to stand. While one waits it is asked for every two seconds, and
        /// <see cref="RallypointClient.QueueChanged"/> tells.
        /// </summary>
        public QueueState State
        {
            get { return _native.QueueState(); }
        }

        /// <summary>Takes a place in the queue for any game there is.</summary>
        public Task<QueueState> JoinQueueAsync()
        {
            return JoinQueueAsync(new GameOptions());
        }

        /// <summary>Takes a place in the queue, or answers where the player stands already.</summary>
        /// <param name="options">What to play; what is left alone matches anything.</param>
        /// <returns>The place, or the match if there is one at once.</returns>
        public Task<QueueState> JoinQueueAsync(GameOptions options)
        {
            if (options == null)
            {
                throw new ArgumentNullException(nameof(options));
            }
            return _requests.Send(() => _native.JoinQueue(options), NativeReader.Queue);
        }

        /// <summary>Asks where the player stands. A match comes with a fresh connect token each time.</summary>
        public Task<QueueState> QueueStatusAsync()
        {
            return _requests.Send(_native.QueueStatus, NativeReader.Queue);
        }

        /// <summary>
        /// Leaves the queue. Leaving a match that has begun forfeits it. Without either it does nothing.
        /// </summary>
        /// <returns>Whether a match was forfeited.</returns>
        public Task<bool> LeaveQueueAsync()
        {
            return _requests.Send(_native.LeaveQueue, NativeReader.Forfeited);
        }
    }
}
