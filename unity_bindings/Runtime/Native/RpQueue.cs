using System.Runtime.InteropServices;

namespace Rallypoint.Native
{
    /// <summary>Where one stands in matchmaking. The layout of <c>rp_queue</c>.</summary>
    [Preserve]
    [StructLayout(LayoutKind.Sequential)]
    internal struct RpQueue
    {
#pragma warning disable 0649 // The library fills it in.
        internal int State;
        internal int Position;
        internal int QueueSize;
        internal int Rating;
        internal int Window;
        internal int Side;
        internal int ServerPort;
        internal int Reserved;
        internal long TicketId;
        internal long WaitedMs;
        internal long EstimateMs;
        internal long ConnectByMs;
        internal RpGameOptions Options;
        internal RpUser Opponent;
        internal RpStr GameId;
        internal RpStr ServerIp;
        internal RpStr ConnectToken;
        internal RpStr WsUrl;
#pragma warning restore 0649
    }
}
