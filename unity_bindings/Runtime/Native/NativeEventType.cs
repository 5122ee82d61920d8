namespace Rallypoint.Native
{
    /// <summary><c>RP_EVENT_*</c></summary>
    internal enum NativeEventType
    {
        Completed = 1,
        Link = 2,
        SignedOut = 3,
        InviteAdded = 10,
        InviteChanged = 11,
        InviteRemoved = 12,
        SentInviteChanged = 13,
        SentInvite = 14,
        TraceStep = 15,
        Session = 20,
        Presence = 21,
        User = 22,
        JoinRequested = 30,
        MatchFound = 40,
        MatchCancelled = 41,
        QueueChanged = 42,
        MatchFinished = 43,
        FriendsChanged = 50,
        FriendRequested = 51,
        FriendAccepted = 52,
        FriendRemoved = 53,
        Friend = 54,
        Suggestion = 55,
        Map = 56,
        Server = 90,
        Missed = 91,
    }
}
