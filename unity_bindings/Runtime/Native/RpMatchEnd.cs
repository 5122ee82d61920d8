using System.Runtime.InteropServices;

namespace Rallypoint.Native
{
    /// <summary>How a match ended, or why it did not begin. The layout of <c>rp_match_end</c>.</summary>
    [Preserve]
    [StructLayout(LayoutKind.Sequential)]
    internal struct RpMatchEnd
    {
#pragma warning disable 0649 // The library fills it in.
        internal long WinnerId;
        internal int Reason;
        internal int Requeued;
        internal int ScoreLeft;
        internal int ScoreRight;
        internal int Rated;
        internal int RatingBefore;
        internal int RatingAfter;
        internal int Reserved;
        internal RpStr GameId;
#pragma warning restore 0649
    }
}
