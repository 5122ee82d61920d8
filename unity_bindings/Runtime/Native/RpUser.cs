using System.Runtime.InteropServices;

namespace Rallypoint.Native
{
    /// <summary>A person. The layout of <c>rp_user</c>.</summary>
    [Preserve]
    [StructLayout(LayoutKind.Sequential)]
    internal struct RpUser
    {
#pragma warning disable 0649 // The library fills it in.
        internal long UserId;
        internal long CreatedAtMs;
        internal int Online;
        internal int Reserved;
        internal RpStr Username;
        internal RpStr DisplayName;
        internal RpStr Tag;
        internal RpStr ImageUrl;
#pragma warning restore 0649
    }
}
