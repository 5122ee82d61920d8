using System;
using System.Diagnostics;

namespace Rallypoint
{
    /// <summary>An invite in the queue: what a popup shows. A snapshot, except for the countdown.</summary>
    public sealed class Invite
    {
        private readonly TimeSpan _remainingAtStart;
        private readonly long _start = Stopwatch.GetTimestamp();

        internal Invite(InviteContent content, InviteState state, bool seen, TimeSpan remaining)
        {
            Content = content;
            State = state;
            IsSeen = seen;
            _remainingAtStart = remaining;
        }

        /// <summary>The invite's number.</summary>
        public long Id
        {
            get { return Content.Id; }
        }

        /// <summary>What it is about.</summary>
        public InviteKind Kind
        {
            get { return Content.Kind; }
        }

        /// <summary>The player who invites.</summary>
        public long SenderId
        {
            get { return Content.SenderId; }
        }

        /// <summary><c>DisplayName#Tag</c> of the player who invites.</summary>
        public string SenderName
        {
            get { return Content.SenderName; }
        }

        /// <summary>The session's code; empty where it is about something else, as a challenge is.</summary>
        public string SessionCode
        {
            get { return Content.SessionCode; }
        }

        /// <summary>The session's name; empty where there is none.</summary>
        public string SessionName
        {
            get { return Content.SessionName; }
        }

        /// <summary>Of a challenge, the map; empty where it is about something else.</summary>
        public string Map
        {
            get { return Content.Map; }
        }

        /// <summary>Of a challenge, the friendship with its sender; else null.</summary>
        public long? FriendshipId
        {
            get { return Content.FriendshipId; }
        }

        /// <summary>The sender's words; empty where there are none.</summary>
        public string Message
        {
            get { return Content.Message; }
        }

        /// <summary>Whether an answer is under way.</summary>
        public InviteState State { get; }

        /// <summary>Whether the popup was shown (see <see cref="RallypointInvites.MarkShown"/>).</summary>
        public bool IsSeen { get; }

        /// <summary>
        /// Time left to answer. It runs by itself, from a monotonic clock, so the device's time of day may be wrong.
        /// Never negative.
        /// </summary>
        public TimeSpan Remaining
        {
            get
            {
                double passed = (Stopwatch.GetTimestamp() - _start) / (double)Stopwatch.Frequency;
                TimeSpan left = _remainingAtStart - TimeSpan.FromSeconds(passed);
                return left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }

        /// <summary><see cref="Remaining"/> in whole seconds, rounded up: the number for a countdown.</summary>
        public int RemainingSeconds
        {
            get { return (int)Math.Ceiling(Remaining.TotalSeconds); }
        }

        internal InviteContent Content { get; }
    }
}
