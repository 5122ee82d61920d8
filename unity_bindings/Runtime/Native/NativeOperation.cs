namespace Rallypoint.Native
{
    /// <summary><c>RP_OPERATION_*</c>, as far as one has to know which request was answered.</summary>
    internal static class NativeOperation
    {
        internal const int MatchmakingJoin = 40;
        internal const int MatchmakingStatus = 41;
        internal const int FriendRequest = 53;
        internal const int FriendAccept = 54;
    }
}
