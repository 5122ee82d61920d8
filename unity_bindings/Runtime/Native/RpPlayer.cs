using System.Runtime.InteropServices;

namespace Rallypoint.Native
{
    /// <summary>Somebody in a session. The layout of <c>rp_player</c>.</summary>
    [Preserve]
    [StructLayout(LayoutKind.Sequential)]
    internal struct RpPlayer
    {
#pragma warning disable 0649 // The library fills it in.
        internal long UserId;
        internal RpStr Name;
#pragma warning restore 0649
    }
}
