using System;
using System.Diagnostics;
using System.IO;
using System.Net.WebSockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Rallypoint
{
    /// <summary>
    /// The WebSocket of one game, kept up by a task of its own. Nothing of it runs on the thread that owns the game;
    /// the two meet in <see cref="GameInbox"/> and <see cref="GameOutbox"/>.
    /// </summary>
    internal sealed class GameLine
    {
        private const int LargestFrame = 64 * 1024;

        /// <summary>Of the server: it does not let this player in.</summary>
        private const int CloseRefused = 3001;

        /// <summary>Of the server: the player has come from elsewhere.</summary>
        private const int CloseReplaced = 3003;

        /// <summary>Of the server: too many frames.</summary>
        private const int CloseRateLimited = 3429;

        /// <summary>As long as the server keeps the seat.</summary>
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

        private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);
        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

        /// <summary>After so much silence the server is asked for the state; after twice as much it is lost.</summary>
        private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

        private readonly Func<Uri> _address;
        private readonly GameInbox _inbox;
        private readonly GameOutbox _outbox;
        private readonly Stopwatch _lost = Stopwatch.StartNew();
        private readonly Stopwatch _heard = Stopwatch.StartNew();
        private readonly byte[] _buffer = new byte[8 * 1024];
        private bool _finished;
        private bool _connected;
        private volatile bool _left;

        internal GameLine(Func<Uri> address, GameInbox inbox, GameOutbox outbox)
        {
            _address = address;
            _inbox = inbox;
            _outbox = outbox;
        }

        /// <summary>Says that the player wants to go: the end of the connection is then no loss.</summary>
        internal void Leave()
        {
            _left = true;
            _outbox.Leave();
        }

        /// <summary>Connects, again and again if need be, until the game is over or it is stopped.</summary>
        internal async Task RunAsync(CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                GameMessage end = await TalkAsync(stop).ConfigureAwait(false);
                if (stop.IsCancellationRequested)
                {
                    return;
                }
                if (end.Closing == GameClosing.None && _lost.Elapsed < Patience)
                {
                    if (_connected)
                    {
                        _connected = false;
                        _inbox.Add(new GameMessage(GameMessage.Kind.Link) { Link = GameLink.Reconnecting });
                    }
                    await PauseAsync(stop).ConfigureAwait(false);
                    continue;
                }
                if (end.Closing == GameClosing.None)
                {
                    end.Closing = GameClosing.Lost;
                }
                end.Link = GameLink.Closed;
                _inbox.Add(end);
                return;
            }
        }

        private static async Task PauseAsync(CancellationToken stop)
        {
            try
            {
                await Task.Delay(Pause, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The loop looks by itself.
            }
        }

        private static GameMessage Ended(GameClosing closing, RallypointException error)
        {
            return new GameMessage(GameMessage.Kind.Link) { Closing = closing, Error = error };
        }

        private static GameMessage Lost(Exception why)
        {
            var error = new RallypointException(RallypointErrorCode.Network, why == null ? null : why.Message, why);
            return Ended(GameClosing.None, error);
        }

        /// <summary>One connection, from beginning to end. Closing is None where another one may help.</summary>
        private async Task<GameMessage> TalkAsync(CancellationToken stop)
        {
            using (var socket = new ClientWebSocket())
            using (var end = CancellationTokenSource.CreateLinkedTokenSource(stop))
            {
                try
                {
                    using (var limit = CancellationTokenSource.CreateLinkedTokenSource(stop))
                    {
                        limit.CancelAfter(ConnectLimit);
                        await socket.ConnectAsync(_address(), limit.Token).ConfigureAwait(false);
                    }
                    // What was meant for the last connection is out of date by now.
                    _outbox.Clear();
                    _heard.Restart();
                    Task sending = SendAsync(socket, end.Token);
                    try
                    {
                        return await ReceiveAsync(socket, end.Token).ConfigureAwait(false);
                    }
                    finally
                    {
                        end.Cancel();
                        await sending.ConfigureAwait(false);
                    }
                }
                catch (RallypointException error)
                {
                    return Ended(GameClosing.Refused, error);
                }
                catch (Exception error)
                {
                    // Sockets fail in many ways, and all of them mean the same.
                    return Lost(error);
                }
            }
        }

        private async Task<GameMessage> ReceiveAsync(ClientWebSocket socket, CancellationToken end)
        {
            using (var frame = new MemoryStream())
            {
                for (;;)
                {
                    WebSocketReceiveResult part =
                        await socket.ReceiveAsync(new ArraySegment<byte>(_buffer), end).ConfigureAwait(false);
                    lock (_heard)
                    {
                        _heard.Restart();
                    }
                    if (part.MessageType == WebSocketMessageType.Close)
                    {
                        return Closed((int)part.CloseStatus.GetValueOrDefault(), part.CloseStatusDescription);
                    }
                    frame.Write(_buffer, 0, part.Count);
                    if (frame.Length > LargestFrame)
                    {
                        return Lost(null);
                    }
                    if (part.EndOfMessage)
                    {
                        Hear(Encoding.UTF8.GetString(frame.GetBuffer(), 0, (int)frame.Length));
                        frame.SetLength(0);
                    }
                }
            }
        }

        private void Hear(string frame)
        {
            GameMessage message = GameReader.Read(frame);
            if (message == null)
            {
                return;
            }
            // Connecting tells nothing yet: a player who may not come in is let in first, and then closed.
            if (message.About == GameMessage.Kind.State && !_connected)
            {
                _connected = true;
                _inbox.Add(new GameMessage(GameMessage.Kind.Link) { Link = GameLink.Connected });
            }
            _lost.Restart();
            _finished |= message.About == GameMessage.Kind.State && message.State.Stage == GameStage.Finished;
            _inbox.Add(message);
        }

        private GameMessage Closed(int code, string reason)
        {
            switch (code)
            {
                case CloseRefused:
                case CloseRateLimited:
                    return Ended(GameClosing.Refused, GameReader.Error(reason ?? "", null));
                case CloseReplaced:
                    return Ended(GameClosing.Replaced, null);
                default:
                    return _left ? Ended(GameClosing.Left, null)
                        : _finished ? Ended(GameClosing.Finished, null)
                        : Lost(null);
            }
        }

        private async Task SendAsync(ClientWebSocket socket, CancellationToken end)
        {
            try
            {
                for (;;)
                {
                    await _outbox.WaitAsync((int)Silence.TotalMilliseconds / 3, end).ConfigureAwait(false);
                    Listen(socket);
                    foreach (string text in _outbox.Take())
                    {
                        var bytes = new ArraySegment<byte>(Encoding.UTF8.GetBytes(text));
                        await socket.SendAsync(bytes, WebSocketMessageType.Text, true, end).ConfigureAwait(false);
                    }
                }
            }
            catch (Exception)
            {
                // Whoever receives notices as well, and says why.
                socket.Abort();
            }
        }

        /// <summary>A network that swallows everything closes no socket.</summary>
        private void Listen(ClientWebSocket socket)
        {
            TimeSpan silence;
            lock (_heard)
            {
                silence = _heard.Elapsed;
            }
            if (silence > Silence + Silence)
            {
                socket.Abort();
            }
            else if (silence > Silence)
            {
                _outbox.AskForState();
            }
        }
    }
}
