namespace Rallypoint
{
    /// <summary>
    /// What went wrong. Positive: the server's catalogue (the HTTP status, then two digits). Negative: found by the
    /// library or by this package.
    /// </summary>
    public enum RallypointErrorCode
    {
        /// <summary>Nothing went wrong.</summary>
        None = 0,

        /// <summary><c>BAD_REQUEST</c>: Check the request's fields against the protocol reference.</summary>
        BadRequest = 40000,

        /// <summary><c>SELF_INVITE</c>: Invite somebody other than yourself.</summary>
        SelfInvite = 40001,

        /// <summary><c>INVALID_MAP</c>: Choose one of the maps that the server lists.</summary>
        InvalidMap = 40002,

        /// <summary><c>INVALID_OPTIONS</c>: Correct the game options named in the details.</summary>
        InvalidOptions = 40003,

        /// <summary><c>UNAUTHENTICATED</c>: Sign in first.</summary>
        Unauthenticated = 40100,

        /// <summary><c>TOKEN_EXPIRED</c>: Sign in again, or refresh the token.</summary>
        TokenExpired = 40101,

        /// <summary><c>BAD_CREDENTIALS</c>: Check the user name and the password.</summary>
        BadCredentials = 40102,

        /// <summary><c>FORBIDDEN</c>: Ask for something that is yours.</summary>
        Forbidden = 40300,

        /// <summary><c>NOT_HOST</c>: Ask the session's host to do this.</summary>
        NotHost = 40301,

        /// <summary><c>INVALID_FRIENDSHIP</c>: Become friends first.</summary>
        InvalidFriendship = 40302,

        /// <summary><c>NOT_FOUND</c>: Check the id or the path.</summary>
        NotFound = 40400,

        /// <summary><c>SESSION_NOT_FOUND</c>: Check the session code, or ask for a new invite.</summary>
        SessionNotFound = 40401,

        /// <summary><c>INVITATION_NOT_FOUND</c>: Check the invite id: no invite of yours has it.</summary>
        InvitationNotFound = 40402,

        /// <summary><c>USER_OFFLINE</c>: Player is offline. Try again when they are back.</summary>
        UserOffline = 40403,

        /// <summary><c>DUPLICATE_INVITATION</c>: Invite already pending. Wait for the answer.</summary>
        DuplicateInvitation = 40900,

        /// <summary><c>ALREADY_RESPONDED</c>: The invite has been answered or cancelled already.</summary>
        AlreadyResponded = 40901,

        /// <summary><c>SESSION_FULL</c>: The session is full. Wait for a seat, or ask the host.</summary>
        SessionFull = 40902,

        /// <summary><c>ACTIVITY_FULL</c>: The activity is full.</summary>
        ActivityFull = 40903,

        /// <summary><c>USER_BUSY</c>: The player is in a game. Try again later.</summary>
        UserBusy = 40904,

        /// <summary><c>NAME_TAKEN</c>: Choose another name: this one is taken.</summary>
        NameTaken = 40905,

        /// <summary><c>ALREADY_RATED</c>: You have rated this player for this meeting.</summary>
        AlreadyRated = 40906,

        /// <summary><c>EXPIRED_INVITATION</c>: The invite has expired. Ask for a new one.</summary>
        ExpiredInvitation = 41000,

        /// <summary><c>PAYLOAD_TOO_LARGE</c>: Send at most 64 KiB at once.</summary>
        PayloadTooLarge = 41300,

        /// <summary><c>TOO_MANY_PENDING</c>: Wait until some of your invites are answered.</summary>
        TooManyPending = 42900,

        /// <summary><c>RATE_LIMITED</c>: Slow down, and try again after the time given.</summary>
        RateLimited = 42901,

        /// <summary><c>GAME_ERROR</c>: The game could not be made. Try again.</summary>
        GameError = 50000,

        /// <summary><c>INTERNAL</c>: Something broke on the server. Report the id in the message.</summary>
        Internal = 50001,

        /// <summary><c>UNAVAILABLE</c>: The server is not ready. Try again shortly.</summary>
        Unavailable = 50300,

        /// <summary><c>UNKNOWN</c>: Update the client: the server answered with a code it does not know.</summary>
        Unknown = 50099,

        /// <summary><c>NULL</c>: A pointer that must not be null is null.</summary>
        NullArgument = -101,

        /// <summary><c>UTF8</c>: A text is not UTF-8.</summary>
        InvalidText = -102,

        /// <summary><c>ARGUMENT</c>: An argument is out of its range, too long or badly formed.</summary>
        InvalidArgument = -103,

        /// <summary><c>BUFFER</c>: The buffer is too small; nothing is lost.</summary>
        BufferTooSmall = -104,

        /// <summary><c>INDEX</c>: There is nothing at this index.</summary>
        InvalidIndex = -105,

        /// <summary><c>HANDLE</c>: The handle names nothing: never made, freed already, or of another kind.</summary>
        InvalidHandle = -201,

        /// <summary><c>CLOSED</c>: The client was freed before the request was done.</summary>
        Closed = -202,

        /// <summary><c>NOT_SIGNED_IN</c>: Nobody is signed in on this client.</summary>
        NotSignedIn = -301,

        /// <summary><c>BUSY</c>: Too many requests are under way or not yet polled. Poll, then try again.</summary>
        Busy = -302,

        /// <summary><c>VERSION</c>: The library is not of the version that the caller was built for.</summary>
        VersionMismatch = -303,

        /// <summary><c>NETWORK</c>: The server cannot be reached.</summary>
        Network = -401,

        /// <summary><c>TIMEOUT</c>: No answer in time. For a request: it may still have been carried out.</summary>
        Timeout = -402,

        /// <summary><c>HANDOFF</c>: Copies of the game cannot talk, or links cannot be registered.</summary>
        Handoff = -501,

        /// <summary><c>START</c>: The client could not be started (out of threads or of file descriptors).</summary>
        Start = -502,

        /// <summary><c>PANIC</c>: The library has a defect; the call was stopped. The application may go on.</summary>
        NativeDefect = -901,

        /// <summary><c>OTHER</c>: Something that this version has no number for. The last error says what.</summary>
        Other = -999,

        /// <summary><c>LIBRARY_MISSING</c>: The native library is not in the build.</summary>
        LibraryMissing = -1001,

        /// <summary><c>UNSUPPORTED_PLATFORM</c>: The platform cannot run native libraries.</summary>
        UnsupportedPlatform = -1002,
    }
}
