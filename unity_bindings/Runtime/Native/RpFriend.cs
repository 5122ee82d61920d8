using System.Runtime.InteropServices;

namespace Rallypoint.Native
{
    /// <summary>A friend, or a request for friendship. The layout of <c>rp_friend</c>.</summary>
    [Preserve]
    [StructLayout(LayoutKind.Sequential)]
    internal struct RpFriend
    {
#pragma warning disable 0649 // The library fills it in.
        internal long FriendshipId;
        internal long SinceMs;
        internal int Status;
        internal int Incoming;
        internal int InGame;
        internal int Reserved;
        internal RpUser User;
        internal RpStr UserStatus;
#pragma warning restore 0649
    }
}
