namespace Rallypoint
{
    /// <summary>What an invite is about.</summary>
    public enum InviteKind
    {
        /// <summary>Of a newer server, unknown to this version.</summary>
        Unknown = 0,

        /// <summary>A seat in a session.</summary>
        Session = 1,

        /// <summary>A friend's challenge on a map.</summary>
        Map = 2,

        /// <summary>A Pong match with options.</summary>
        Pong = 3,

        /// <summary>A planned activity.</summary>
        Activity = 4,
    }
}
