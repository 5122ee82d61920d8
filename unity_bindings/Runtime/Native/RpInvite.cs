using System.Runtime.InteropServices;

namespace Rallypoint.Native
{
    /// <summary>An entry of the invite queue. The layout of <c>rp_invite</c>.</summary>
    [Preserve]
    [StructLayout(LayoutKind.Sequential)]
    internal struct RpInvite
    {
#pragma warning disable 0649 // The library fills it in.
        internal long InviteId;
        internal long SenderId;
        internal long ActivityId;
        internal long CreatedAtMs;
        internal long ExpiresAtMs;
        internal long RemainingMs;
        internal int Kind;
        internal int State;
        internal int Seen;
        internal int ServerPort;
        internal RpGameOptions Options;
        internal RpStr SenderName;
        internal RpStr SessionCode;
        internal RpStr SessionName;
        internal RpStr ServerIp;
        internal RpStr Map;
        internal RpStr Message;
#pragma warning restore 0649
    }
}
