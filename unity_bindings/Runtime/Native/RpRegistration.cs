using System.Runtime.InteropServices;

namespace Rallypoint.Native
{
    /// <summary>A new account. The layout of <c>rp_registration</c>.</summary>
    [Preserve]
    [StructLayout(LayoutKind.Sequential)]
    internal struct RpRegistration
    {
#pragma warning disable 0649 // The library fills it in.
        internal RpStr Username;
        internal RpStr Password;
        internal RpStr DisplayName;
        internal RpStr Email;
        internal RpStr ImageUrl;
#pragma warning restore 0649
    }
}
