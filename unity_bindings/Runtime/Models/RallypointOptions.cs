using System;

namespace Rallypoint
{
    /// <summary>How a client behaves on the network. The defaults suit a game.</summary>
    public sealed class RallypointOptions
    {
        /// <summary>The shortest pause between two polls while the socket is down. 5 s unless set.</summary>
        public TimeSpan PollIntervalMin { get; set; } = TimeSpan.FromSeconds(5);

        /// <summary>The longest pause between two polls while the socket is down. 10 s unless set.</summary>
        public TimeSpan PollIntervalMax { get; set; } = TimeSpan.FromSeconds(10);

        /// <summary>The shortest pause before the socket is tried again. 1 s unless set.</summary>
        public TimeSpan ReconnectMin { get; set; } = TimeSpan.FromSeconds(1);

        /// <summary>The longest pause before the socket is tried again. 30 s unless set.</summary>
        public TimeSpan ReconnectMax { get; set; } = TimeSpan.FromSeconds(30);

        /// <summary>After how long a request fails. 10 s unless set.</summary>
        public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);
    }
}
