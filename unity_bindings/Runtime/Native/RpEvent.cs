using System.Runtime.InteropServices;

namespace Rallypoint.Native
{
    /// <summary>What has happened. The layout of <c>rp_event</c>.</summary>
    [Preserve]
    [StructLayout(LayoutKind.Sequential)]
    internal struct RpEvent
    {
#pragma warning disable 0649 // The library fills it in.
        internal int EventType;
        internal int Error;
        internal ulong Request;
        internal long InviteId;
        internal long UserId;
        internal long HostId;
        internal long ActivityId;
        internal long CreatedAtMs;
        internal long ExpiresAtMs;
        internal long RemainingMs;
        internal int Operation;
        internal int Kind;
        internal int State;
        internal int Status;
        internal int Reason;
        internal int Progress;
        internal int Link;
        internal int Seen;
        internal int Online;
        internal int InGame;
        internal int ServerPort;
        internal int MaxPlayers;
        internal int PlayerCount;
        internal int Open;
        internal int Active;
        internal int Side;
        internal int Count;
        internal int RetryAfter;
        internal int Retryable;
        internal int Forfeited;
        internal RpGameOptions Options;
        internal RpStr SessionCode;
        internal RpStr SessionName;
        internal RpStr ServerIp;
        internal RpStr GameId;
        internal RpStr ConnectToken;
        internal RpStr SenderName;
        internal RpStr Username;
        internal RpStr DisplayName;
        internal RpStr Tag;
        internal RpStr ImageUrl;
        internal RpStr UserStatus;
        internal RpStr RefreshToken;
        internal RpStr Map;
        internal RpStr Message;
        internal RpStr Name;
#pragma warning restore 0649
    }
}
