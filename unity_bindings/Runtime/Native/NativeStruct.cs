namespace Rallypoint.Native
{
    /// <summary><c>RP_STRUCT_*</c></summary>
    internal enum NativeStruct
    {
        Str = 1,
        Event = 2,
        Invite = 3,
        User = 4,
        Player = 5,
        GameOptions = 6,
        SessionSettings = 7,
        ClientOptions = 8,
        Registration = 9,
        Queue = 10,
        MatchEnd = 11,
        Friend = 12,
    }
}
