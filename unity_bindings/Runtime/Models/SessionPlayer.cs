namespace Rallypoint
{
    /// <summary>A member of a session.</summary>
    public sealed class SessionPlayer
    {
        internal SessionPlayer(long userId, string name)
        {
            UserId = userId;
            Name = name;
        }

        /// <summary>The user.</summary>
        public long UserId { get; }

        /// <summary><c>DisplayName#Tag</c></summary>
        public string Name { get; }
    }
}
