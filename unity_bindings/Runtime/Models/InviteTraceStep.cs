using System;
using System.Collections.Generic;

namespace Rallypoint
{
    /// <summary>What happened to an invite, and when.</summary>
    public sealed class InviteTraceStep
    {
        internal InviteTraceStep(InviteStep step, DateTime at, IReadOnlyList<string> via)
        {
            Step = step;
            At = at;
            Via = via;
        }

        /// <summary>What happened.</summary>
        public InviteStep Step { get; }

        /// <summary>When, by the server's clock, in UTC.</summary>
        public DateTime At { get; }

        /// <summary>The ways by which it was delivered, such as <c>socketio</c> and <c>rest</c>; else empty.</summary>
        public IReadOnlyList<string> Via { get; }
    }
}
