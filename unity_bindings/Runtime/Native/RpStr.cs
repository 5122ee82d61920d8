using System;
using System.Runtime.InteropServices;

namespace Rallypoint.Native
{
    /// <summary>UTF-8 text of the library and its length in bytes. The layout of <c>rp_str</c>.</summary>
    [Preserve]
    [StructLayout(LayoutKind.Sequential)]
    internal struct RpStr
    {
#pragma warning disable 0649 // The library fills it in.
        internal IntPtr Ptr;
        internal UIntPtr Len;
#pragma warning restore 0649
    }
}
