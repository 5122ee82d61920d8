using System;

namespace Rallypoint
{
    /// <summary>How long the package's own teardown hooks wait for the native library.</summary>
    public static class RallypointShutdown
    {
        /// <summary>Two seconds: a socket closes in far less, and nobody waits longer for an Editor.</summary>
        public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);
    }
}
