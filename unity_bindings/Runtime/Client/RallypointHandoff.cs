using System;
using Rallypoint.Native;

namespace Rallypoint
{
    /// <summary>
    /// One copy of the game on a machine: a second one, started by a link, hands the link over and ends.
    /// For desktop platforms; phones do this by themselves.
    /// </summary>
    public sealed class RallypointHandoff : IDisposable
    {
        private const int MaxLink = 8192;
        private const int First = 1;

        private readonly HandoffHandle _handle;

        private RallypointHandoff(ulong number)
        {
            _handle = new HandoffHandle(number);
        }

        /// <summary>Finds out whether this is the first copy. Call it before anything is shown.</summary>
        /// <param name="appId">Names the game, such as <c>com.example.pong</c>.</param>
        /// <param name="link">The link that this copy was started with; null if there was none.</param>
        /// <returns>
        /// Null if another copy runs: it has taken the link, so quit. Else this is the first copy, and gets later
        /// links.
        /// </returns>
        /// <exception cref="RallypointException">The copies cannot talk to each other.</exception>
        public static RallypointHandoff Claim(string appId, string link)
        {
            if (appId == null)
            {
                throw new ArgumentNullException(nameof(appId));
            }
            NativeLibrary.EnsureLoaded();
            byte[] app = Utf8.Bytes(appId);
            byte[] uri = Utf8.Bytes(string.IsNullOrEmpty(link) ? null : link);
            ulong number;
            int role;
            NativeError.Check(
                NativeMethods.HandoffClaim(app, Utf8.Length(app), uri, Utf8.Length(uri), out number, out role));
            return role == First ? new RallypointHandoff(number) : null;
        }

        /// <summary>Makes this user's desktop open links with a program. Linux; elsewhere installers do it.</summary>
        /// <param name="appId">Names the game, such as <c>com.example.pong</c>.</param>
        /// <param name="name">What the desktop calls it.</param>
        /// <param name="scheme">What links start with, such as <c>rallypoint</c>.</param>
        /// <param name="program">The full path of the game's program.</param>
        /// <exception cref="RallypointException">The system refuses.</exception>
        public static void RegisterScheme(string appId, string name, string scheme, string program)
        {
            NativeLibrary.EnsureLoaded();
            byte[] app = Require(appId, nameof(appId));
            byte[] title = Require(name, nameof(name));
            byte[] start = Require(scheme, nameof(scheme));
            byte[] path = Require(program, nameof(program));
            NativeError.Check(
                NativeMethods.RegisterScheme(
                    app,
                    Utf8.Length(app),
                    title,
                    Utf8.Length(title),
                    start,
                    Utf8.Length(start),
                    path,
                    Utf8.Length(path)));
        }

        /// <summary>The code of the session that a link leads to; null if it leads to none.</summary>
        /// <param name="uri">Such as <c>rallypoint://join/K7QX2M</c>.</param>
        public static string ParseLink(string uri)
        {
            NativeLibrary.EnsureLoaded();
            byte[] text = Require(uri, nameof(uri));
            var code = new byte[16];
            UIntPtr length;
            int result = NativeMethods.ParseLink(text, Utf8.Length(text), code, Utf8.Length(code), out length);
            return result == 0 ? Utf8.Read(code, (int)length.ToUInt32()) : null;
        }

        /// <summary>Takes the next link that another copy handed over.</summary>
        /// <param name="link">The link; null if there is none.</param>
        /// <returns>Whether there was one.</returns>
        public bool TryNext(out string link)
        {
            var buffer = new byte[MaxLink];
            UIntPtr length;
            int result = NativeMethods.HandoffNext(_handle.Number, buffer, Utf8.Length(buffer), out length);
            link = result == 1 ? Utf8.Read(buffer, (int)length.ToUInt32()) : null;
            return link != null;
        }

        /// <summary>
        /// From now on opens every link that another copy hands over on this client, as
        /// <see cref="RallypointClient.OpenLink"/> does. This object is used up.
        /// </summary>
        /// <param name="client">The client that joins.</param>
        public void AttachTo(RallypointClient client)
        {
            if (client == null)
            {
                throw new ArgumentNullException(nameof(client));
            }
            NativeError.Check(NativeMethods.HandoffAttach(_handle.Number, client.NativeNumber));
            _handle.Forget();
        }

        /// <summary>Gives the place of the first copy up.</summary>
        public void Dispose()
        {
            _handle.Dispose();
        }

        private static byte[] Require(string text, string name)
        {
            if (text == null)
            {
                throw new ArgumentNullException(name);
            }
            return Utf8.Bytes(text);
        }
    }
}
