using System;
using System.Threading;
using System.Threading.Tasks;

namespace Rallypoint
{
    /// <summary>
    /// A game on the bundled game server, played over a WebSocket: for games that have no netcode of their own. It
    /// connects by itself, and again if the connection is lost, for 15 seconds. Methods may be called on any thread
    /// and never block; events are raised inside <see cref="Update"/>, on the thread that calls it.
    /// </summary>
    public sealed class RallypointGame : IDisposable
    {
        private readonly GameInbox _inbox = new GameInbox();
        private readonly GameOutbox _outbox = new GameOutbox();
        private readonly CancellationTokenSource _stop = new CancellationTokenSource();
        private readonly GameLine _line;
        private readonly object _gate = new object();
        private readonly long _userId;
        private Action _held;
        private bool _wantsToPlay;
        private bool _saidReady;
        private bool _caughtUp;
        private bool _updating;
        private bool _disposed;

        /// <summary>Connects to a game.</summary>
        /// <param name="serverUrl">Such as <c>https://play.example.com</c>.</param>
        /// <param name="path">Where the game is on it, such as <see cref="MatchFound.WebSocketPath"/>.</param>
        /// <param name="userId">Who plays.</param>
        /// <param name="accessToken">
        /// Gives the player's access token. Called on another thread, once for each attempt to connect.
        /// </param>
        public RallypointGame(string serverUrl, string path, long userId, Func<string> accessToken)
            : this(serverUrl, path, userId, accessToken, "")
        {
        }

        private RallypointGame(string serverUrl, string path, long userId, Func<string> accessToken, string query)
        {
            if (accessToken == null)
            {
                throw new ArgumentNullException(nameof(accessToken));
            }
            _userId = userId;
            Uri place = Place(serverUrl, path);
            _line = new GameLine(() => Address(place, accessToken(), query), _inbox, _outbox);
            RallypointLibrary.Register(this);
            CancellationToken stop = _stop.Token;
            Task.Run(() => _line.RunAsync(stop));
        }

        /// <summary>The game has changed. Some twenty times a second while the ball is in play.</summary>
        public event Action<GameState> StateChanged;

        /// <summary>A player, by user id, is ready.</summary>
        public event Action<long> PlayerReady;

        /// <summary>The ball is in play.</summary>
        public event Action Started;

        /// <summary>A player steers the paddle elsewhere.</summary>
        public event Action<GameMove> PlayerMoved;

        /// <summary>A point, a pause, its end, or the game's.</summary>
        public event Action<GameAction> ActionTaken;

        /// <summary>The server did not take what was sent.</summary>
        public event Action<RallypointException> Refused;

        /// <summary>The connection changed.</summary>
        public event Action<GameLink> LinkChanged;

        /// <summary>
        /// A handler of another event threw. Without a handler here, <see cref="Update"/> throws it, after delivering
        /// what was waiting.
        /// </summary>
        public event Action<Exception> HandlerFailed;

        /// <summary>The game as of the last <see cref="Update"/>; null before the server was heard.</summary>
        public GameState State { get; private set; }

        /// <summary>The connection as of the last <see cref="Update"/>.</summary>
        public GameLink Link { get; private set; }

        /// <summary>Why the game is closed.</summary>
        public GameClosing Closing { get; private set; }

        /// <summary>What went wrong, where that is why the game is closed; else null.</summary>
        public RallypointException Error { get; private set; }

        /// <summary>This player; null before the server was heard.</summary>
        public GamePlayer Me
        {
            get { return State == null ? null : State.Find(_userId); }
        }

        /// <summary>Connects to the game of a match, as the client's user.</summary>
        /// <param name="client">Somebody who is signed in.</param>
        /// <param name="match">The match of that user.</param>
        /// <exception cref="RallypointException">Nobody is signed in, or the server has no WebSocket games.</exception>
        public static RallypointGame Connect(RallypointClient client, MatchFound match)
        {
            if (match == null)
            {
                throw new ArgumentNullException(nameof(match));
            }
            if (string.IsNullOrEmpty(match.WebSocketPath))
            {
                throw new RallypointException(
                    RallypointErrorCode.NotFound,
                    "The server plays no games over WebSockets. Use the connect token with a netcode client.");
            }
            return At(client, match.WebSocketPath, "");
        }

        /// <summary>Connects to the game of a session, as the client's user.</summary>
        /// <param name="client">Somebody who is signed in.</param>
        /// <param name="gameId">Such as <see cref="Session.GameId"/>, of a session that the user has a seat in.</param>
        /// <exception cref="RallypointException">Nobody is signed in.</exception>
        public static RallypointGame Connect(RallypointClient client, string gameId)
        {
            return At(client, PathOf(gameId), "");
        }

        /// <summary>
        /// Watches a game that somebody has entered, as the client's user. What a spectator says is ignored, and
        /// <see cref="Me"/> stays null.
        /// </summary>
        /// <param name="client">Somebody who is signed in.</param>
        /// <param name="gameId">Such as <see cref="Session.GameId"/>.</param>
        /// <exception cref="RallypointException">Nobody is signed in.</exception>
        public static RallypointGame Spectate(RallypointClient client, string gameId)
        {
            return At(client, PathOf(gameId), "&spectate=1");
        }

        /// <summary>Says that this player is ready, as soon as both are there. The game starts when both are.</summary>
        public void Ready()
        {
            lock (_gate)
            {
                _wantsToPlay = true;
                SayReady(State);
            }
        }

        /// <summary>Steers the paddle until the next move.</summary>
        /// <param name="direction">Up, down, or not at all.</param>
        public void Move(PaddleDirection direction)
        {
            Hold(() => _outbox.Move(direction));
        }

        /// <summary>Steers the paddle to a place, as fast as the rules allow.</summary>
        /// <param name="y">Where its centre shall be, from 0 at the top to 1.</param>
        public void MoveTo(float y)
        {
            float place = float.IsNaN(y) ? 0.5f : Math.Max(0f, Math.Min(1f, y));
            Hold(() => _outbox.MoveTo(place));
        }

        /// <summary>Gives the game up.</summary>
        public void Leave()
        {
            _line.Leave();
        }

        /// <summary>
        /// Takes in what has arrived and raises events, on this thread. Call it every frame, always from the same
        /// thread. Does nothing when called from inside a handler, or after <see cref="Dispose"/>.
        /// </summary>
        /// <returns>How many messages were handled.</returns>
        public int Update()
        {
            lock (_gate)
            {
                if (_updating || _disposed)
                {
                    return 0;
                }
                _updating = true;
            }
            var faults = new HandlerFaults(HandlerFailed);
            int handled = 0;
            try
            {
                GameMessage next;
                while (!_disposed && _inbox.TryTake(out next))
                {
                    handled++;
                    Dispatch(next, ref faults);
                }
            }
            finally
            {
                lock (_gate)
                {
                    _updating = false;
                }
            }
            faults.ThrowIfUnhandled();
            return handled;
        }

        /// <summary>
        /// Hangs up, without giving the game up: the seat is kept for 15 seconds. Does not wait. May be called twice.
        /// </summary>
        public void Dispose()
        {
            lock (_gate)
            {
                if (_disposed)
                {
                    return;
                }
                _disposed = true;
            }
            RallypointLibrary.Unregister(this);
            _stop.Cancel();
            if (Link != GameLink.Closed)
            {
                Link = GameLink.Closed;
                Closing = GameClosing.Disposed;
            }
        }

        private static string PathOf(string gameId)
        {
            if (string.IsNullOrEmpty(gameId))
            {
                throw new ArgumentException("A game has an id.", nameof(gameId));
            }
            return "/ws/game/" + Uri.EscapeDataString(gameId) + "/";
        }

        private static RallypointGame At(RallypointClient client, string path, string query)
        {
            if (client == null)
            {
                throw new ArgumentNullException(nameof(client));
            }
            RallypointUser user = client.User;
            if (user == null)
            {
                throw new RallypointException(RallypointErrorCode.NotSignedIn);
            }
            return new RallypointGame(client.ServerUrl, path, user.Id, () => client.AccessToken, query);
        }

        /// <summary>The server's address with the game's path behind its own, as a WebSocket's.</summary>
        private static Uri Place(string serverUrl, string path)
        {
            Uri server;
            if (!Uri.TryCreate(serverUrl, UriKind.Absolute, out server) || !server.Scheme.StartsWith("http"))
            {
                throw new RallypointException(RallypointErrorCode.InvalidArgument, "serverUrl is no web address");
            }
            if (string.IsNullOrEmpty(path))
            {
                throw new ArgumentNullException(nameof(path));
            }
            Uri whole;
            if (!path.StartsWith("/", StringComparison.Ordinal) && Uri.TryCreate(path, UriKind.Absolute, out whole))
            {
                return whole;
            }
            return new UriBuilder(server)
            {
                Scheme = server.Scheme == "https" ? "wss" : "ws",
                Path = server.AbsolutePath.TrimEnd('/') + "/" + path.TrimStart('/'),
            }.Uri;
        }

        private static Uri Address(Uri place, string accessToken, string query)
        {
            if (string.IsNullOrEmpty(accessToken))
            {
                throw new RallypointException(RallypointErrorCode.NotSignedIn);
            }
            return new UriBuilder(place) { Query = "token=" + Uri.EscapeDataString(accessToken) + query }.Uri;
        }

        private void Hold(Action move)
        {
            lock (_gate)
            {
                _held = move;
            }
            move();
        }

        private void Dispatch(GameMessage next, ref HandlerFaults faults)
        {
            switch (next.About)
            {
                case GameMessage.Kind.State:
                    State = next.State;
                    CatchUp();
                    faults.Raise(StateChanged, State);
                    break;
                case GameMessage.Kind.Ready:
                    faults.Raise(PlayerReady, next.UserId);
                    break;
                case GameMessage.Kind.Start:
                    faults.Raise(Started);
                    break;
                case GameMessage.Kind.Move:
                    faults.Raise(PlayerMoved, next.Move);
                    break;
                case GameMessage.Kind.Action:
                    faults.Raise(ActionTaken, next.Action);
                    break;
                case GameMessage.Kind.Refused:
                    faults.Raise(Refused, next.Error);
                    break;
                default:
                    Link = next.Link;
                    Closing = next.Closing;
                    Error = next.Closing == GameClosing.None ? null : next.Error;
                    BeginAnew();
                    faults.Raise(LinkChanged, Link);
                    break;
            }
        }

        /// <summary>Says to a new connection what its predecessor was told.</summary>
        private void CatchUp()
        {
            lock (_gate)
            {
                SayReady(State);
                if (!_caughtUp && _held != null)
                {
                    _held();
                }
                _caughtUp = true;
            }
        }

        private void BeginAnew()
        {
            lock (_gate)
            {
                _saidReady = false;
                _caughtUp = false;
            }
        }

        private void SayReady(GameState state)
        {
            if (state == null || state.Stage != GameStage.WaitingForReady)
            {
                _saidReady = false;
                return;
            }
            GamePlayer me = state.Find(_userId);
            if (_wantsToPlay && !_saidReady && me != null && !me.IsReady)
            {
                _saidReady = true;
                _outbox.SayReady();
            }
        }
    }
}
