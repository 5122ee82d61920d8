namespace Rallypoint.Native
{
    /// <summary>From the library's numbers to exceptions.</summary>
    internal static class NativeError
    {
        /// <summary>Throws what a failing call of this thread reported just now; 0 passes.</summary>
        internal static void Check(int result)
        {
            if (result != 0)
            {
                throw Exception(result, LastError());
            }
        }

        /// <summary>The exception for a number, with the library's words if it has any.</summary>
        internal static RallypointException Exception(int number, string message)
        {
            return new RallypointException((RallypointErrorCode)number, message);
        }

        /// <summary>Why the last failing call of this thread failed.</summary>
        internal static string LastError()
        {
            RpStr message;
            return NativeMethods.LastError(out message) == 0 ? Utf8.Read(message) : "";
        }
    }
}
