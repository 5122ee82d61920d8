using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Rallypoint.Native;

namespace Rallypoint
{
    /// <summary>The invite queue of a client, and sending invites.</summary>
    public sealed class RallypointInvites
    {
        private readonly NativeClient _native;
        private readonly RequestTable _requests;

        internal RallypointInvites(NativeClient native, RequestTable requests)
        {
            _native = native;
            _requests = requests;
        }

        /// <summary>The invites that ring now, newest first: a snapshot.</summary>
        public IReadOnlyList<Invite> List()
        {
            return _native.Invites();
        }

        /// <summary>Invites a player to a session that one hosts.</summary>
        /// <param name="receiverId">Whom to invite.</param>
        /// <param name="sessionCode">The session.</param>
        /// <returns>The invite's number, with which <see cref="RallypointClient.SentInviteChanged"/> follows.</returns>
        public Task<SentInvite> SendAsync(long receiverId, string sessionCode)
        {
            if (sessionCode == null)
            {
                throw new ArgumentNullException(nameof(sessionCode));
            }
            return _requests.Send(() => _native.SendInvite(receiverId, sessionCode), NativeReader.SentInvite);
        }

        /// <summary>
        /// Says that the popup is on the screen, so that the sender sees "seen". Call it as soon as the popup is
        /// shown; only the first call counts, and it reaches the server even if the link is down at the moment.
        /// </summary>
        /// <param name="inviteId">The invite that is shown.</param>
        public void MarkShown(long inviteId)
        {
            _native.MarkShown(inviteId);
        }

        /// <summary>
        /// Accepts: takes the seat and answers with the game server's address. That of a challenge makes its session. A
        /// second call is the same answer.
        /// </summary>
        /// <param name="inviteId">The invite to answer.</param>
        public Task<GameAccess> AcceptAsync(long inviteId)
        {
            return _requests.Send(() => _native.Accept(inviteId), NativeReader.GameAccess);
        }

        /// <summary>Declines. A second call is the same answer.</summary>
        /// <param name="inviteId">The invite to answer.</param>
        public Task DeclineAsync(long inviteId)
        {
            return _requests.Send(() => _native.Decline(inviteId), NativeReader.Nothing);
        }

        /// <summary>The invites that this player sent in the last ten minutes, newest first.</summary>
        public Task<IReadOnlyList<SentInvite>> SentAsync()
        {
            return _requests.Send(_native.SentInvites, NativeReader.SentInvites);
        }

        /// <summary>What became of an invite that this player sent or received, step by step.</summary>
        /// <param name="inviteId">The invite.</param>
        /// <exception cref="RallypointException">
        /// <see cref="RallypointErrorCode.InvitationNotFound"/>: it is between others.
        /// </exception>
        public Task<InviteTrace> TraceAsync(long inviteId)
        {
            return _requests.Send(() => _native.TraceInvite(inviteId), NativeReader.Trace);
        }

        /// <summary>Takes back an invite that this player sent.</summary>
        /// <param name="inviteId">The invite, as <see cref="SendAsync"/> named it.</param>
        public Task CancelAsync(long inviteId)
        {
            return _requests.Send(() => _native.CancelInvite(inviteId), NativeReader.Nothing);
        }
    }
}
