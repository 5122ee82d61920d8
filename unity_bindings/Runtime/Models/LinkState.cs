namespace Rallypoint
{
    /// <summary>How the client reaches the server at the moment.</summary>
    public enum LinkState
    {
        /// <summary>Nobody is signed in.</summary>
        SignedOut = 0,

        /// <summary>Signed in; the socket is not up yet.</summary>
        Connecting = 1,

        /// <summary>The socket is up: everything arrives at once.</summary>
        Live = 2,

        /// <summary>The socket is down: invites come by polling every few seconds, answers go by REST.</summary>
        Fallback = 3,

        /// <summary>Neither way works; the client keeps trying.</summary>
        Offline = 4,
    }
}
