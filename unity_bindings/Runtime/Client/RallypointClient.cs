using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Rallypoint.Native;

namespace Rallypoint
{
    /// <summary>
    /// A connection to a Rallypoint server. Methods may be called on any thread and never block; tasks complete and
    /// events are raised inside <see cref="Poll"/>, on the thread that calls it, and nowhere else.
    /// </summary>
    public sealed class RallypointClient : IDisposable
    {
        private const int EventsPerPoll = 256;

        private readonly NativeClient _native;
        private readonly RequestTable _requests = new RequestTable();
        private readonly LogQueue _log = new LogQueue();
        private readonly object _pollGate = new object();
        private bool _polling;
        private bool _friendsHaveChanged;
        private int _disposed;

        /// <summary>Makes a client. Nothing goes over the network before somebody signs in.</summary>
        /// <param name="serverUrl">Such as <c>https://play.example.com</c>.</param>
        /// <exception cref="RallypointException">The library is missing, or the URL is none.</exception>
        public RallypointClient(string serverUrl)
            : this(serverUrl, new RallypointOptions())
        {
        }

        /// <summary>Makes a client. Nothing goes over the network before somebody signs in.</summary>
        /// <param name="serverUrl">Such as <c>https://play.example.com</c>.</param>
        /// <param name="options">How to behave on the network.</param>
        /// <exception cref="RallypointException">The library is missing, or the URL is none.</exception>
        public RallypointClient(string serverUrl, RallypointOptions options)
        {
            if (serverUrl == null)
            {
                throw new ArgumentNullException(nameof(serverUrl));
            }
            if (options == null)
            {
                throw new ArgumentNullException(nameof(options));
            }
            _native = NativeClient.Open(serverUrl, options);
            Invites = new RallypointInvites(_native, _requests);
            Sessions = new RallypointSessions(_native, _requests);
            Matchmaking = new RallypointMatchmaking(_native, _requests);
            Friends = new RallypointFriends(_native, _requests);
            Presence = new RallypointPresence(_native, _requests);
            ServerUrl = serverUrl;
            RallypointLibrary.Register(this);
        }

        /// <summary>A new invite rings: show it.</summary>
        public event Action<Invite> InviteReceived;

        /// <summary>An invite in the queue has another <see cref="Invite.State"/> or was seen.</summary>
        public event Action<Invite> InviteChanged;

        /// <summary>An invite left the queue: take its popup away.</summary>
        public event Action<Invite, InviteRemovalReason> InviteRemoved;

        /// <summary>An invite that this player sent was seen, answered, cancelled, or has expired.</summary>
        public event Action<SentInviteUpdate> SentInviteChanged;

        /// <summary>The way to the server changed.</summary>
        public event Action<LinkState> LinkChanged;

        /// <summary>The server ended the login; the error says why. Ask the player to sign in again.</summary>
        public event Action<RallypointException> SignedOut;

        /// <summary>A session that the player is in changed.</summary>
        public event Action<Session> SessionUpdated;

        /// <summary>A friend came, went, or says something else.</summary>
        public event Action<Presence> PresenceChanged;

        /// <summary>
        /// Friends or requests are others than before, or a friend came or went. Also after signing in, once they are
        /// known. Raised at most once in a <see cref="Poll"/>, after all other events of the server's.
        /// </summary>
        public event Action<FriendList> FriendsChanged;

        /// <summary>Somebody asks for the player's friendship. Raised once per request.</summary>
        public event Action<Friend> FriendRequested;

        /// <summary>There is a new friend, whoever of the two has accepted, on whichever device.</summary>
        public event Action<Friend> FriendAccepted;

        /// <summary>A friendship or a request has ended, whoever ended it. This is what was last known of it.</summary>
        public event Action<Friend> FriendRemoved;

        /// <summary>
        /// The player stands somewhere else in matchmaking, or its match has a fresh connect token. Raised once after
        /// signing in as well, if a place or a match is still held from before.
        /// </summary>
        public event Action<QueueState> QueueChanged;

        /// <summary>There is an opponent: connect, or lose the place. Raised once per game.</summary>
        public event Action<MatchFound> MatchFound;

        /// <summary>A match does not come about; <see cref="QueueChanged"/> tells what follows.</summary>
        public event Action<MatchCancelled> MatchCancelled;

        /// <summary>The result of a match, with the player's rating where it was ranked.</summary>
        public event Action<MatchFinished> MatchFinished;

        /// <summary>A deep link asks to join the session with this code; comes once the player is signed in.</summary>
        public event Action<string> JoinRequested;

        /// <summary>A line of the native library's log (see <see cref="RallypointLibrary.LogLevel"/>).</summary>
        public event Action<RallypointLogMessage> LogMessage;

        /// <summary>
        /// So many events were lost because nobody polled for too long: read <see cref="RallypointInvites.List"/>,
        /// <see cref="RallypointFriends.State"/>, <see cref="RallypointMatchmaking.State"/> and the session afresh.
        /// Results of requests are never lost.
        /// </summary>
        public event Action<int> EventsMissed;

        /// <summary>
        /// What else the server says, undigested: the event's name on the wire and its JSON. For what this version has
        /// no event for.
        /// </summary>
        public event Action<string, string> ServerMessage;

        /// <summary>
        /// A handler of another event threw. Without a handler here, <see cref="Poll"/> throws it, after delivering
        /// what was waiting.
        /// </summary>
        public event Action<Exception> HandlerFailed;

        /// <summary>The invite queue, and sending invites.</summary>
        public RallypointInvites Invites { get; }

        /// <summary>Sessions: lobbies with a code.</summary>
        public RallypointSessions Sessions { get; }

        /// <summary>The queue for a match against anybody.</summary>
        public RallypointMatchmaking Matchmaking { get; }

        /// <summary>Friends, requests and challenges.</summary>
        public RallypointFriends Friends { get; }

        /// <summary>Who is there, and what the player says of itself.</summary>
        public RallypointPresence Presence { get; }

        /// <summary>The server's address, as the client was made with it.</summary>
        public string ServerUrl { get; }

        /// <summary>Who is signed in; null if nobody is.</summary>
        public RallypointUser User
        {
            get { return IsDisposed ? null : _native.User(); }
        }

        /// <summary>How the client reaches the server at the moment.</summary>
        public LinkState Link
        {
            get { return IsDisposed ? LinkState.SignedOut : _native.Link(); }
        }

        /// <summary>
        /// What <see cref="ResumeAsync"/> takes the next time the game starts; null if nobody is signed in. It changes
        /// now and then: store it when the game ends. Treat it like a password.
        /// </summary>
        public string RefreshToken
        {
            get { return IsDisposed ? null : _native.RefreshToken(); }
        }

        /// <summary>For requests of one's own; null if nobody is signed in. Good for minutes to hours.</summary>
        public string AccessToken
        {
            get { return IsDisposed ? null : _native.AccessToken(); }
        }

        /// <summary>Whether <see cref="Dispose"/> was called.</summary>
        public bool IsDisposed
        {
            get { return Volatile.Read(ref _disposed) != 0; }
        }

        /// <summary>Whether <see cref="CutNetwork"/> is in force.</summary>
        public bool IsNetworkCut
        {
            get { return !IsDisposed && _native.IsNetworkCut(); }
        }

        /// <summary>Signs in as a new user without a password.</summary>
        /// <param name="displayName">What others see; null lets the server choose.</param>
        public Task<RallypointUser> SignInAsGuestAsync(string displayName = null)
        {
            return _requests.Send(() => _native.Guest(displayName), NativeReader.User);
        }

        /// <summary>Makes an account and signs in.</summary>
        /// <param name="username">3 to 32 of <c>A-Z a-z 0-9 _ . -</c>.</param>
        /// <param name="password">8 to 128 characters.</param>
        /// <param name="displayName">What others see; null takes the user name.</param>
        public Task<RallypointUser> RegisterAsync(string username, string password, string displayName = null)
        {
            Require(username, nameof(username));
            Require(password, nameof(password));
            return _requests.Send(() => _native.Register(username, password, displayName), NativeReader.User);
        }

        /// <summary>Signs in to an account.</summary>
        /// <param name="username">The account's name, in any case.</param>
        /// <param name="password">The account's password.</param>
        public Task<RallypointUser> SignInAsync(string username, string password)
        {
            Require(username, nameof(username));
            Require(password, nameof(password));
            return _requests.Send(() => _native.SignIn(username, password), NativeReader.User);
        }

        /// <summary>Signs in with the <see cref="RefreshToken"/> of an earlier run. Each works once.</summary>
        /// <param name="refreshToken">What <see cref="RefreshToken"/> was when the game ended.</param>
        public Task<RallypointUser> ResumeAsync(string refreshToken)
        {
            Require(refreshToken, nameof(refreshToken));
            return _requests.Send(() => _native.Resume(refreshToken), NativeReader.User);
        }

        /// <summary>Signs out, here and on the server.</summary>
        public Task SignOutAsync()
        {
            return _requests.Send(_native.SignOut, NativeReader.Nothing);
        }

        /// <summary>Finds the users whose name begins with a text.</summary>
        /// <param name="search">How the user name or the display name begins.</param>
        public Task<IReadOnlyList<RallypointUser>> FindUsersAsync(string search)
        {
            Require(search, nameof(search));
            return _requests.Send(() => _native.FindUsers(search), NativeReader.Users);
        }

        /// <summary>
        /// Takes a deep link such as <c>rallypoint://join/K7M2QX</c>. It waits until the player is signed in, then
        /// <see cref="JoinRequested"/> is raised.
        /// </summary>
        /// <param name="uri">The link, from the operating system or the command line.</param>
        /// <exception cref="RallypointException">It is no link of Rallypoint's.</exception>
        public void OpenLink(string uri)
        {
            Require(uri, nameof(uri));
            _native.OpenLink(uri);
        }

        /// <summary>
        /// Pulls the network cable of this client, for tests and debug panels: drops the socket and refuses requests
        /// until <see cref="RestoreNetwork"/>.
        /// </summary>
        public void CutNetwork()
        {
            _native.CutNetwork();
        }

        /// <summary>Undoes <see cref="CutNetwork"/>.</summary>
        public void RestoreNetwork()
        {
            _native.RestoreNetwork();
        }

        /// <summary>
        /// Completes tasks and raises events, on this thread. Call it every frame, always from the same thread;
        /// <c>RallypointBehaviour</c> does. Costs about a microsecond when nothing happened. Does nothing when
        /// called from inside a handler, or after <see cref="Dispose"/>.
        /// </summary>
        /// <returns>How many events of the server's were handled.</returns>
        public int Poll()
        {
            lock (_pollGate)
            {
                if (_polling || IsDisposed)
                {
                    return 0;
                }
                _polling = true;
            }
            var faults = new HandlerFaults(HandlerFailed);
            int handled = 0;
            try
            {
                NativeEvent next;
                while (handled < EventsPerPoll && !IsDisposed && _native.TryPoll(out next))
                {
                    handled++;
                    Dispatch(next, ref faults);
                }
                RaiseFriendsChanged(ref faults);
                RaiseLog(ref faults);
            }
            finally
            {
                lock (_pollGate)
                {
                    _polling = false;
                }
            }
            faults.ThrowIfUnhandled();
            return handled;
        }

        /// <summary>
        /// Ends the client: its thread, its socket, and every task under way, which fails with
        /// <see cref="RallypointErrorCode.Closed"/>. Bounded in time. The login stays good for
        /// <see cref="ResumeAsync"/>. May be called twice.
        /// </summary>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) != 0)
            {
                return;
            }
            RallypointLibrary.Unregister(this);
            _native.Dispose();
            _requests.Close();
        }

        internal ulong NativeNumber
        {
            get { return _native.Number; }
        }

        internal void Enqueue(RallypointLogMessage line)
        {
            if (LogMessage != null)
            {
                _log.Add(line);
            }
        }

        private static void Require(string value, string name)
        {
            if (value == null)
            {
                throw new ArgumentNullException(name);
            }
        }

        private void Dispatch(NativeEvent next, ref HandlerFaults faults)
        {
            if (_requests.Deliver(next))
            {
                return;
            }
            switch (next.Type)
            {
                case NativeEventType.InviteAdded:
                    faults.Raise(InviteReceived, NativeReader.Invite(next));
                    break;
                case NativeEventType.InviteChanged:
                    faults.Raise(InviteChanged, NativeReader.Invite(next));
                    break;
                case NativeEventType.InviteRemoved:
                    faults.Raise(InviteRemoved, NativeReader.Invite(next), NativeReader.Reason(next));
                    break;
                case NativeEventType.SentInviteChanged:
                    faults.Raise(SentInviteChanged, NativeReader.SentInviteUpdate(next));
                    break;
                case NativeEventType.Link:
                    faults.Raise(LinkChanged, (LinkState)next.Raw.Link);
                    break;
                case NativeEventType.SignedOut:
                    faults.Raise(SignedOut, NativeError.Exception(next.Error, next.Message));
                    break;
                case NativeEventType.Session:
                    faults.Raise(SessionUpdated, NativeReader.Session(next));
                    break;
                case NativeEventType.Presence:
                    faults.Raise(PresenceChanged, NativeReader.Presence(next));
                    break;
                case NativeEventType.FriendsChanged:
                    _friendsHaveChanged = true;
                    break;
                case NativeEventType.FriendRequested:
                    RaiseFriend(FriendRequested, next, ref faults);
                    break;
                case NativeEventType.FriendAccepted:
                    RaiseFriend(FriendAccepted, next, ref faults);
                    break;
                case NativeEventType.FriendRemoved:
                    RaiseFriend(FriendRemoved, next, ref faults);
                    break;
                case NativeEventType.QueueChanged:
                    faults.Raise(QueueChanged, next.Queue ?? NativeReader.NotInQueue);
                    break;
                case NativeEventType.MatchFound:
                    RaiseMatchFound(next, ref faults);
                    break;
                case NativeEventType.MatchCancelled:
                    faults.Raise(MatchCancelled, NativeReader.MatchCancelled(next));
                    break;
                case NativeEventType.MatchFinished:
                    faults.Raise(MatchFinished, NativeReader.MatchFinished(next));
                    break;
                case NativeEventType.JoinRequested:
                    faults.Raise(JoinRequested, next.SessionCode);
                    break;
                case NativeEventType.Missed:
                    faults.Raise(EventsMissed, next.Raw.Count);
                    break;
                case NativeEventType.Server:
                    faults.Raise(ServerMessage, next.Name, next.Message);
                    break;
                default:
                    // What a newer library says beyond this.
                    break;
            }
        }

        private void RaiseFriendsChanged(ref HandlerFaults faults)
        {
            bool due = _friendsHaveChanged;
            _friendsHaveChanged = false;
            if (!due || FriendsChanged == null)
            {
                return;
            }
            FriendList now;
            try
            {
                now = Friends.State;
            }
            catch (RallypointException)
            {
                // The client has been freed since.
                return;
            }
            faults.Raise(FriendsChanged, now);
        }

        private static void RaiseFriend(Action<Friend> handlers, NativeEvent next, ref HandlerFaults faults)
        {
            // Null where another thread has freed the client since.
            if (next.Friend != null)
            {
                faults.Raise(handlers, next.Friend);
            }
        }

        private void RaiseMatchFound(NativeEvent next, ref HandlerFaults faults)
        {
            // Null where another thread has freed the client since.
            MatchFound match = next.Queue == null ? null : next.Queue.Match;
            if (match != null)
            {
                faults.Raise(MatchFound, match);
            }
        }

        private void RaiseLog(ref HandlerFaults faults)
        {
            RallypointLibrary.PassLogOn();
            RallypointLogMessage line;
            while (_log.TryTake(out line))
            {
                faults.Raise(LogMessage, line);
            }
        }
    }
}
