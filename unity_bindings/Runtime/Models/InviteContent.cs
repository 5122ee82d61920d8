namespace Rallypoint
{
    /// <summary>What stays the same all through an invite's life.</summary>
    internal sealed class InviteContent
    {
        internal long Id { get; set; }

        internal InviteKind Kind { get; set; }

        internal long SenderId { get; set; }

        internal string SenderName { get; set; }

        internal string SessionCode { get; set; }

        internal string SessionName { get; set; }

        internal string Map { get; set; }

        internal long? FriendshipId { get; set; }

        internal string Message { get; set; }
    }
}
