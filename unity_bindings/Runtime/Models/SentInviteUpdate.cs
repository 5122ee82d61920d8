namespace Rallypoint
{
    /// <summary>News about an invite that this player sent.</summary>
    public sealed class SentInviteUpdate
    {
        internal SentInviteUpdate(
            long inviteId,
            long receiverId,
            SentInviteProgress progress,
            string sessionCode,
            string message)
        {
            InviteId = inviteId;
            ReceiverId = receiverId;
            Progress = progress;
            SessionCode = sessionCode;
            Message = message;
        }

        /// <summary>The invite.</summary>
        public long InviteId { get; }

        /// <summary>Whom it invites; 0 where the server did not say.</summary>
        public long ReceiverId { get; }

        /// <summary>How far it has come.</summary>
        public SentInviteProgress Progress { get; }

        /// <summary>
        /// Once accepted, the session that both are in: <see cref="RallypointSessions.AccessAsync"/> lets one play.
        /// Else empty.
        /// </summary>
        public string SessionCode { get; }

        /// <summary>The server's words for people; empty where it had none.</summary>
        public string Message { get; }
    }
}
