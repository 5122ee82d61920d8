using System;

namespace Rallypoint
{
    /// <summary>An invite that this player sent.</summary>
    public sealed class SentInvite
    {
        internal SentInvite(
            long id,
            long receiverId,
            string receiverName,
            InviteKind kind,
            string sessionCode,
            string map,
            long? friendshipId,
            TimeSpan expiresIn,
            InviteStatus status,
            bool seen)
        {
            Id = id;
            ReceiverId = receiverId;
            ReceiverName = receiverName;
            Kind = kind;
            SessionCode = sessionCode;
            Map = map;
            FriendshipId = friendshipId;
            ExpiresIn = expiresIn;
            Status = status;
            IsSeen = seen;
        }

        /// <summary>The invite's number, as <see cref="RallypointClient.SentInviteChanged"/> will name it.</summary>
        public long Id { get; }

        /// <summary>Whom it invites.</summary>
        public long ReceiverId { get; }

        /// <summary><c>DisplayName#Tag</c> of the receiver.</summary>
        public string ReceiverName { get; }

        /// <summary>What it is about.</summary>
        public InviteKind Kind { get; }

        /// <summary>The session that it is for; of a challenge, empty until it is accepted.</summary>
        public string SessionCode { get; }

        /// <summary>Of a challenge, the map; else empty.</summary>
        public string Map { get; }

        /// <summary>Of a challenge, the friendship with its receiver; else null.</summary>
        public long? FriendshipId { get; }

        /// <summary>How long the receiver has to answer, from when the server wrote this.</summary>
        public TimeSpan ExpiresIn { get; }

        /// <summary>How it stood when the server wrote this.</summary>
        public InviteStatus Status { get; }

        /// <summary>Whether the receiver's popup had been shown by then.</summary>
        public bool IsSeen { get; }
    }
}
