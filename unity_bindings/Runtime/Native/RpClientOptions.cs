using System.Runtime.InteropServices;

namespace Rallypoint.Native
{
    /// <summary>How a client behaves. The layout of <c>rp_client_options</c>.</summary>
    [Preserve]
    [StructLayout(LayoutKind.Sequential)]
    internal struct RpClientOptions
    {
#pragma warning disable 0649 // The library fills it in.
        internal uint RequestTimeoutMs;
        internal uint PollMinMs;
        internal uint PollMaxMs;
        internal uint BackoffMinMs;
        internal uint BackoffMaxMs;
        internal uint Reserved;
#pragma warning restore 0649
    }
}
