using System;

namespace Rallypoint
{
    /// <summary>Something that a game's connection hands over to the thread that owns the game.</summary>
    internal sealed class GameMessage
    {
        internal GameMessage(Kind about)
        {
            About = about;
        }

        /// <summary>What it is about.</summary>
        internal enum Kind
        {
            State,
            Ready,
            Start,
            Move,
            Action,
            Refused,
            Link,
        }

        internal Kind About { get; }

        internal GameState State { get; set; }

        internal long UserId { get; set; }

        internal GameMove Move { get; set; }

        internal GameAction Action { get; set; }

        internal GameLink Link { get; set; }

        internal GameClosing Closing { get; set; }

        internal RallypointException Error { get; set; }
    }
}
