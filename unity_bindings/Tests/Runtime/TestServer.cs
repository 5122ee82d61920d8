using System;
using NUnit.Framework;

namespace Rallypoint.Tests
{
    /// <summary>The servers that the tests talk to. See Tests/README.md.</summary>
    public static class TestServer
    {
        /// <summary>A server with its defaults.</summary>
        public static string Url
        {
            get { return Require("RALLYPOINT_TEST_URL"); }
        }

        /// <summary>
        /// A server whose invites expire after 3 seconds, that forgets a poll after one, and waits two for the players
        /// of a match.
        /// </summary>
        public static string QuickExpiryUrl
        {
            get { return Require("RALLYPOINT_TEST_EXPIRY_URL"); }
        }

        private static string Require(string name)
        {
            string url = Environment.GetEnvironmentVariable(name);
            if (string.IsNullOrEmpty(url))
            {
                Assert.Fail("Start a server and put its address into " + name + ". Tests/README.md says how.");
            }
            return url;
        }
    }
}
