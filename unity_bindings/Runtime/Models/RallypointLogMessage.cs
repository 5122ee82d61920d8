namespace Rallypoint
{
    /// <summary>A line of the native library's log. It holds no token and no password.</summary>
    public sealed class RallypointLogMessage
    {
        internal RallypointLogMessage(RallypointLogLevel level, string text)
        {
            Level = level;
            Text = text;
        }

        /// <summary>How serious it is.</summary>
        public RallypointLogLevel Level { get; }

        /// <summary>The line, without a line break.</summary>
        public string Text { get; }

        /// <inheritdoc/>
        public override string ToString()
        {
            return Level + ": " + Text;
        }
    }
}
