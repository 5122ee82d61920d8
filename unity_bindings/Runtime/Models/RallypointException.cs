using System;

namespace Rallypoint
{
    /// <summary>A request that failed. The message says what to do.</summary>
    public sealed class RallypointException : Exception
    {
        /// <summary>An error with the catalogue's own advice.</summary>
        /// <param name="code">What went wrong.</param>
        public RallypointException(RallypointErrorCode code)
            : this(code, null)
        {
        }

        /// <summary>An error with more precise advice than the catalogue's.</summary>
        /// <param name="code">What went wrong.</param>
        /// <param name="advice">What to do; null or empty takes the catalogue's advice.</param>
        public RallypointException(RallypointErrorCode code, string advice)
            : this(code, advice, null)
        {
        }

        /// <summary>An error that another one caused.</summary>
        /// <param name="code">What went wrong.</param>
        /// <param name="advice">What to do; null or empty takes the catalogue's advice.</param>
        /// <param name="cause">What caused it.</param>
        public RallypointException(RallypointErrorCode code, string advice, Exception cause)
            : base(Describe(code, advice), cause)
        {
            Code = code;
        }

        /// <summary>What went wrong, to decide by.</summary>
        public RallypointErrorCode Code { get; }

        /// <summary>The catalogue's name, the same in every language, such as <c>USER_OFFLINE</c>.</summary>
        public string CodeName
        {
            get { return ErrorCatalogue.Name(Code); }
        }

        /// <summary>Whether the same request can succeed later without being changed.</summary>
        public bool IsRetryable
        {
            get { return ErrorCatalogue.IsRetryable(Code); }
        }

        private static string Describe(RallypointErrorCode code, string advice)
        {
            string name = ErrorCatalogue.Name(code);
            if (string.IsNullOrEmpty(advice))
            {
                advice = ErrorCatalogue.Advice(code);
            }
            // The native library names the code itself in some of its texts.
            return advice.StartsWith(name + ":", StringComparison.Ordinal) ? advice : name + ": " + advice;
        }
    }
}
