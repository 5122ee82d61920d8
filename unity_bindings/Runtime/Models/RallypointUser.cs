namespace Rallypoint
{
    /// <summary>A user as everybody may see it.</summary>
    public sealed class RallypointUser
    {
        internal RallypointUser(
            long id,
            string username,
            string displayName,
            string tag,
            string imageUrl,
            bool online)
        {
            Id = id;
            Username = username;
            DisplayName = displayName;
            Tag = tag;
            ImageUrl = imageUrl;
            IsOnline = online;
        }

        /// <summary>The number that invites and presence name this user by.</summary>
        public long Id { get; }

        /// <summary>Unique without regard to case.</summary>
        public string Username { get; }

        /// <summary>What to show; not unique without the tag.</summary>
        public string DisplayName { get; }

        /// <summary>Four digits, unique together with the display name.</summary>
        public string Tag { get; }

        /// <summary>Address of a picture; null where there is none.</summary>
        public string ImageUrl { get; }

        /// <summary>Whether the user was online when the server answered.</summary>
        public bool IsOnline { get; }

        /// <summary><c>DisplayName#Tag</c>, the form in which invites name people.</summary>
        public string FullName
        {
            get { return DisplayName + "#" + Tag; }
        }

        /// <inheritdoc/>
        public override string ToString()
        {
            return FullName;
        }
    }
}
