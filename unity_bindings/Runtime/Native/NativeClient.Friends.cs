using System;
using System.Collections.Generic;

namespace Rallypoint.Native
{
    /// <content>Friends and challenges.</content>
    internal sealed partial class NativeClient
    {
        internal FriendList FriendList()
        {
            UIntPtr count;
            int fetched;
            NativeError.Check(NativeMethods.FriendsCount(Number, out count, out fetched));
            var friends = new List<Friend>();
            var requests = new List<Friend>();
            for (uint i = 0; i < count.ToUInt32(); i++)
            {
                RpFriend row;
                NativeError.Check(NativeMethods.FriendsGet(Number, new UIntPtr(i), out row));
                Friend friend = NativeReader.Friend(ref row);
                (friend.IsAccepted ? friends : requests).Add(friend);
            }
            return new FriendList(friends, requests, fetched != 0);
        }

        internal ulong Friends()
        {
            return Begin(NativeMethods.FriendsList);
        }

        internal ulong FriendRequests()
        {
            return Begin(NativeMethods.FriendRequests);
        }

        internal ulong FriendSuggestions()
        {
            return Begin(NativeMethods.FriendSuggestions);
        }

        internal ulong RequestFriend(string username)
        {
            return Begin(username, NativeMethods.FriendRequest);
        }

        internal ulong RequestFriend(long userId)
        {
            return Begin(userId, NativeMethods.FriendRequestUser);
        }

        internal ulong AcceptFriend(long friendshipId)
        {
            return Begin(friendshipId, NativeMethods.FriendAccept);
        }

        internal ulong DeclineFriend(long friendshipId)
        {
            return Begin(friendshipId, NativeMethods.FriendDecline);
        }

        internal ulong RemoveFriend(long friendshipId)
        {
            return Begin(friendshipId, NativeMethods.FriendRemove);
        }

        internal ulong Block(long userId)
        {
            return Begin(userId, NativeMethods.UserBlock);
        }

        internal ulong Unblock(long userId)
        {
            return Begin(userId, NativeMethods.UserUnblock);
        }

        internal ulong Blocked()
        {
            return Begin(NativeMethods.UsersBlocked);
        }

        internal ulong Maps()
        {
            return Begin(NativeMethods.Maps);
        }

        internal ulong Challenge(long userId, string map)
        {
            byte[] text = Utf8.Bytes(map);
            ulong request;
            NativeError.Check(NativeMethods.Challenge(Number, userId, text, Utf8.Length(text), out request));
            return request;
        }

        private Friend EventFriend()
        {
            int type = _event.EventType;
            bool told = (type >= (int)NativeEventType.FriendRequested && type <= (int)NativeEventType.Friend) ||
                _event.Operation == NativeOperation.FriendRequest ||
                _event.Operation == NativeOperation.FriendAccept;
            RpFriend row;
            return told && _event.Error == 0 && NativeMethods.EventFriend(Number, out row) == 0
                ? NativeReader.Friend(ref row)
                : null;
        }

        private long? EventFriendship()
        {
            long friendship;
            return _event.Kind == (int)InviteKind.Map && NativeMethods.EventFriendship(Number, out friendship) == 0
                ? friendship
                : (long?)null;
        }

        private long? InviteFriendship(UIntPtr index)
        {
            long friendship;
            NativeError.Check(NativeMethods.InvitesFriendship(Number, index, out friendship));
            return friendship == 0 ? (long?)null : friendship;
        }
    }
}
