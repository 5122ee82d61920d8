using System.Collections.Generic;

namespace Rallypoint
{
    /// <summary>What became of an invite, step by step.</summary>
    public sealed class InviteTrace
    {
        internal InviteTrace(
            long inviteId,
            InviteKind kind,
            InviteStatus status,
            long otherId,
            IReadOnlyList<InviteTraceStep> steps)
        {
            InviteId = inviteId;
            Kind = kind;
            Status = status;
            OtherId = otherId;
            Steps = steps;
        }

        /// <summary>The invite.</summary>
        public long InviteId { get; }

        /// <summary>What it is about.</summary>
        public InviteKind Kind { get; }

        /// <summary>How it stands.</summary>
        public InviteStatus Status { get; }

        /// <summary>The other player: its receiver if one sent it, else its sender.</summary>
        public long OtherId { get; }

        /// <summary>Oldest first.</summary>
        public IReadOnlyList<InviteTraceStep> Steps { get; }
    }
}
