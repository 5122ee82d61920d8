using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Rallypoint.Native;

namespace Rallypoint
{
    /// <summary>Friends: asked for, accepted, challenged.</summary>
    public sealed class RallypointFriends
    {
        private readonly NativeClient _native;
        private readonly RequestTable _requests;

        internal RallypointFriends(NativeClient native, RequestTable requests)
        {
            _native = native;
            _requests = requests;
        }

        /// <summary>
        /// What was last known, without asking the server: read after the sign-in and after each reconnect, and changed
        /// by what the server tells. <see cref="RallypointClient.FriendsChanged"/> says when to look again.
        /// </summary>
        public FriendList State
        {
            get { return _native.FriendList(); }
        }

        /// <summary>Asks the server for all friends, newest first; of more than 2,000 the newest.</summary>
        public Task<IReadOnlyList<Friend>> ListAsync()
        {
            return _requests.Send(_native.Friends, NativeReader.Friends);
        }

        /// <summary>Asks the server for the requests that wait, in both directions, newest first.</summary>
        public Task<IReadOnlyList<Friend>> RequestsAsync()
        {
            return _requests.Send(_native.FriendRequests, NativeReader.Friends);
        }

        /// <summary>Friends of friends, 20 at most, those with the most friends in common first.</summary>
        public Task<IReadOnlyList<FriendSuggestion>> SuggestionsAsync()
        {
            return _requests.Send(_native.FriendSuggestions, NativeReader.Suggestions);
        }

        /// <summary>Asks for somebody's friendship. Asking again is the same answer.</summary>
        /// <param name="username">The user name, in any case.</param>
        /// <returns>The request; accepted at once if that one has asked first.</returns>
        /// <exception cref="RallypointException">
        /// <see cref="RallypointErrorCode.BadRequest"/> (oneself), <see cref="RallypointErrorCode.NotFound"/>,
        /// <see cref="RallypointErrorCode.Forbidden"/> (the player has blocked them),
        /// <see cref="RallypointErrorCode.TooManyPending"/>, <see cref="RallypointErrorCode.RateLimited"/>.
        /// </exception>
        public Task<Friend> RequestAsync(string username)
        {
            if (username == null)
            {
                throw new ArgumentNullException(nameof(username));
            }
            return _requests.Send(() => _native.RequestFriend(username), NativeReader.Friend);
        }

        /// <summary>Asks for somebody's friendship. Asking again is the same answer.</summary>
        /// <param name="userId">Whom to ask.</param>
        /// <returns>The request; accepted at once if that one has asked first.</returns>
        /// <exception cref="RallypointException">
        /// <see cref="RallypointErrorCode.BadRequest"/> (oneself), <see cref="RallypointErrorCode.NotFound"/>,
        /// <see cref="RallypointErrorCode.Forbidden"/> (the player has blocked them),
        /// <see cref="RallypointErrorCode.TooManyPending"/>, <see cref="RallypointErrorCode.RateLimited"/>.
        /// </exception>
        public Task<Friend> RequestAsync(long userId)
        {
            return _requests.Send(() => _native.RequestFriend(userId), NativeReader.Friend);
        }

        /// <summary>Accepts a request. A second call is the same answer.</summary>
        /// <param name="friendshipId">The request's <see cref="Friend.FriendshipId"/>.</param>
        /// <exception cref="RallypointException">
        /// <see cref="RallypointErrorCode.NotFound"/>: it is gone, or was never for this player.
        /// </exception>
        public Task<Friend> AcceptAsync(long friendshipId)
        {
            return _requests.Send(() => _native.AcceptFriend(friendshipId), NativeReader.Friend);
        }

        /// <summary>Declines a request; whoever asked is told that it has ended.</summary>
        /// <param name="friendshipId">The request's <see cref="Friend.FriendshipId"/>.</param>
        /// <exception cref="RallypointException"><see cref="RallypointErrorCode.NotFound"/>.</exception>
        public Task DeclineAsync(long friendshipId)
        {
            return _requests.Send(() => _native.DeclineFriend(friendshipId), NativeReader.Nothing);
        }

        /// <summary>Ends a friendship, or takes one's own request back.</summary>
        /// <param name="friendshipId">Its <see cref="Friend.FriendshipId"/>.</param>
        /// <exception cref="RallypointException"><see cref="RallypointErrorCode.NotFound"/>.</exception>
        public Task RemoveAsync(long friendshipId)
        {
            return _requests.Send(() => _native.RemoveFriend(friendshipId), NativeReader.Nothing);
        }

        /// <summary>
        /// Keeps somebody away: ends a friendship or request, and refuses what they send. A second call is no error.
        /// </summary>
        /// <param name="userId">Whom to block.</param>
        /// <exception cref="RallypointException">
        /// <see cref="RallypointErrorCode.BadRequest"/> (oneself), <see cref="RallypointErrorCode.NotFound"/>.
        /// </exception>
        public Task BlockAsync(long userId)
        {
            return _requests.Send(() => _native.Block(userId), NativeReader.Nothing);
        }

        /// <summary>
        /// Lets somebody come near again; a friendship has to be asked for anew. Without a block it does nothing.
        /// </summary>
        /// <param name="userId">Whom to unblock.</param>
        public Task UnblockAsync(long userId)
        {
            return _requests.Send(() => _native.Unblock(userId), NativeReader.Nothing);
        }

        /// <summary>Whom this player has blocked, newest first.</summary>
        public Task<IReadOnlyList<RallypointUser>> BlockedAsync()
        {
            return _requests.Send(_native.Blocked, NativeReader.Users);
        }

        /// <summary>The maps that a challenge can be about.</summary>
        public Task<IReadOnlyList<string>> MapsAsync()
        {
            return _requests.Send(_native.Maps, NativeReader.Maps);
        }

        /// <summary>
        /// Invites a friend who is online to a match on a map. <see cref="RallypointClient.SentInviteChanged"/> follows
        /// it, which may be raised before this has its reply: once accepted, its
        /// <see cref="SentInviteUpdate.SessionCode"/> says where both are. <see cref="RallypointInvites.CancelAsync"/>
        /// takes it back.
        /// </summary>
        /// <param name="userId">The friend.</param>
        /// <param name="map">One of <see cref="MapsAsync"/>.</param>
        /// <exception cref="RallypointException">
        /// <see cref="RallypointErrorCode.InvalidMap"/>, <see cref="RallypointErrorCode.InvalidFriendship"/>,
        /// <see cref="RallypointErrorCode.UserOffline"/>, <see cref="RallypointErrorCode.UserBusy"/> (in a match),
        /// <see cref="RallypointErrorCode.DuplicateInvitation"/>, <see cref="RallypointErrorCode.SelfInvite"/>,
        /// <see cref="RallypointErrorCode.TooManyPending"/>, <see cref="RallypointErrorCode.RateLimited"/>.
        /// </exception>
        public Task<SentInvite> ChallengeAsync(long userId, string map)
        {
            if (map == null)
            {
                throw new ArgumentNullException(nameof(map));
            }
            return _requests.Send(() => _native.Challenge(userId, map), NativeReader.SentInvite);
        }
    }
}
