using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;

namespace Rallypoint.Tests
{
    /// <summary>The threads of this process, as Linux counts them.</summary>
    public static class NativeThreads
    {
        private static readonly string[] Ours = { "rallypoint", "tokio" };

        /// <summary>Whether this system tells.</summary>
        public static bool CanBeCounted
        {
            get { return Directory.Exists("/proc/self/task"); }
        }

        /// <summary>All of them, the runtime's own included.</summary>
        public static int All()
        {
            return Directory.GetDirectories("/proc/self/task").Length;
        }

        /// <summary>Those that the native library started, by their names.</summary>
        public static int OfTheLibrary()
        {
            return Directory.GetDirectories("/proc/self/task").Count(IsOurs);
        }

        /// <summary>
        /// How many of those are left after a shutdown. A thread that was waited for to its end may stand in the
        /// system's list for a moment longer.
        /// </summary>
        public static int LeftOfTheLibrary()
        {
            Stopwatch watch = Stopwatch.StartNew();
            int left = OfTheLibrary();
            while (left > 0 && watch.Elapsed < TimeSpan.FromSeconds(1))
            {
                Thread.Yield();
                left = OfTheLibrary();
            }
            return left;
        }

        private static bool IsOurs(string task)
        {
            try
            {
                string name = File.ReadAllText(Path.Combine(task, "comm"));
                return Ours.Any(name.StartsWith);
            }
            catch (IOException)
            {
                // It ended while it was looked at.
                return false;
            }
        }
    }
}
