using System.Collections.Generic;

namespace Rallypoint.Native
{
    /// <summary>An event with its texts copied, so that it outlives the next poll.</summary>
    internal sealed class NativeEvent
    {
        internal NativeEvent(
            ref RpEvent raw,
            IReadOnlyList<SessionPlayer> players,
            QueueState queue,
            RpMatchEnd matchEnd,
            Friend friend,
            long? friendshipId)
        {
            Raw = raw;
            Players = players;
            Queue = queue;
            MatchEnd = matchEnd;
            Friend = friend;
            FriendshipId = friendshipId;
            SessionCode = Utf8.Read(raw.SessionCode);
            SessionName = Utf8.Read(raw.SessionName);
            ServerIp = Utf8.Read(raw.ServerIp);
            GameId = Utf8.Read(raw.GameId);
            ConnectToken = Utf8.Read(raw.ConnectToken);
            SenderName = Utf8.Read(raw.SenderName);
            Username = Utf8.Read(raw.Username);
            DisplayName = Utf8.Read(raw.DisplayName);
            Tag = Utf8.Read(raw.Tag);
            ImageUrl = Utf8.ReadOrNull(raw.ImageUrl);
            UserStatus = Utf8.Read(raw.UserStatus);
            Map = Utf8.Read(raw.Map);
            Message = Utf8.Read(raw.Message);
            Name = Utf8.Read(raw.Name);
        }

        /// <summary>The numbers. Its texts are gone.</summary>
        internal RpEvent Raw { get; }

        internal NativeEventType Type
        {
            get { return (NativeEventType)Raw.EventType; }
        }

        internal ulong Request
        {
            get { return Raw.Request; }
        }

        internal int Error
        {
            get { return Raw.Error; }
        }

        internal IReadOnlyList<SessionPlayer> Players { get; }

        /// <summary>Where one stands in matchmaking; null where the event does not say.</summary>
        internal QueueState Queue { get; }

        /// <summary>How a match ended, in numbers; all zero where the event does not say.</summary>
        internal RpMatchEnd MatchEnd { get; }

        /// <summary>The friend or request that it is about; null where it is about none.</summary>
        internal Friend Friend { get; }

        /// <summary>Of an invite of the kind map or a challenge that was sent; else null.</summary>
        internal long? FriendshipId { get; }

        internal string SessionCode { get; }

        internal string SessionName { get; }

        internal string ServerIp { get; }

        internal string GameId { get; }

        internal string ConnectToken { get; }

        internal string SenderName { get; }

        internal string Username { get; }

        internal string DisplayName { get; }

        internal string Tag { get; }

        /// <summary>Null where there is none.</summary>
        internal string ImageUrl { get; }

        internal string UserStatus { get; }

        internal string Map { get; }

        internal string Message { get; }

        internal string Name { get; }
    }
}
