namespace Rallypoint
{
    /// <summary>How much the native library logs.</summary>
    public enum RallypointLogLevel
    {
        /// <summary>Nothing.</summary>
        Off = 0,

        /// <summary>Only what should not happen.</summary>
        Error = 1,

        /// <summary>Also what a player may notice, such as a lost connection.</summary>
        Warning = 2,

        /// <summary>Also each step of an invite, under its id.</summary>
        Info = 3,

        /// <summary>Also what helps to find a fault.</summary>
        Debug = 4,

        /// <summary>Everything.</summary>
        Trace = 5,
    }
}
