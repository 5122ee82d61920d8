using System.Runtime.InteropServices;

namespace Rallypoint.Native
{
    /// <summary>A session to be made. The layout of <c>rp_session_settings</c>.</summary>
    [Preserve]
    [StructLayout(LayoutKind.Sequential)]
    internal struct RpSessionSettings
    {
#pragma warning disable 0649 // The library fills it in.
        internal RpStr Name;
        internal RpStr ServerIp;
        internal int ServerPort;
        internal int MaxPlayers;
        internal int Open;
        internal int Reserved;
        internal RpGameOptions Options;
#pragma warning restore 0649
    }
}
