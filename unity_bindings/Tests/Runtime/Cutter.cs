using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;

namespace Rallypoint.Tests
{
    /// <summary>
    /// A proxy before the server which, on demand, drops sockets and lets plain requests pass, as a strict firewall
    /// does, or lets requests pass and keeps their replies for a while.
    /// </summary>
    public sealed class Cutter : IDisposable
    {
        private readonly TcpListener _listener = new TcpListener(IPAddress.Loopback, 0);
        private readonly Uri _server;
        private readonly object _gate = new object();
        private readonly ManualResetEventSlim _replies = new ManualResetEventSlim(true);
        private readonly List<TcpClient> _all = new List<TcpClient>();
        private readonly List<TcpClient> _sockets = new List<TcpClient>();
        private readonly List<Action> _kept = new List<Action>();
        private string _word;
        private bool _cut;
        private bool _closed;

        /// <summary>Starts in front of this server.</summary>
        public Cutter(string serverUrl)
        {
            _server = new Uri(serverUrl);
            _listener.Start();
            Run(Accept);
        }

        /// <summary>Where clients connect.</summary>
        public string Url
        {
            get { return "http://127.0.0.1:" + ((IPEndPoint)_listener.LocalEndpoint).Port; }
        }

        /// <summary>How many sockets go through now.</summary>
        public int SocketCount
        {
            get
            {
                lock (_gate)
                {
                    return _sockets.Count;
                }
            }
        }

        /// <summary>Drops the sockets that go through, and refuses new ones.</summary>
        public void CutSockets()
        {
            List<TcpClient> now;
            lock (_gate)
            {
                _cut = true;
                now = new List<TcpClient>(_sockets);
                _sockets.Clear();
            }
            now.ForEach(socket => socket.Close());
        }

        /// <summary>Lets sockets through again.</summary>
        public void Restore()
        {
            lock (_gate)
            {
                _cut = false;
            }
        }

        /// <summary>Keeps the replies to plain requests; what sockets say goes on.</summary>
        public void HoldReplies()
        {
            _replies.Reset();
        }

        /// <summary>Keeps what sockets are told with this word in it; all else goes on.</summary>
        public void HoldReplies(string word)
        {
            lock (_gate)
            {
                _word = word;
            }
        }

        /// <summary>Lets go of the replies that were kept.</summary>
        public void ReleaseReplies()
        {
            lock (_gate)
            {
                _word = null;
                _kept.ForEach(tell => tell());
                _kept.Clear();
            }
            _replies.Set();
        }

        /// <summary>Ends every connection.</summary>
        public void Dispose()
        {
            List<TcpClient> now;
            lock (_gate)
            {
                _closed = true;
                now = new List<TcpClient>(_all);
            }
            _listener.Stop();
            _replies.Set();
            now.ForEach(connection => connection.Close());
        }

        private static void Run(Action action)
        {
            var thread = new Thread(() =>
            {
                try
                {
                    action();
                }
                catch (SocketException)
                {
                }
                catch (System.IO.IOException)
                {
                }
                catch (ObjectDisposedException)
                {
                }
                catch (InvalidOperationException)
                {
                }
            });
            thread.IsBackground = true;
            thread.Start();
        }

        private static void Copy(TcpClient from, TcpClient to, Action<byte[], int> tell)
        {
            try
            {
                var bytes = new byte[16384];
                int length;
                while ((length = from.GetStream().Read(bytes, 0, bytes.Length)) > 0)
                {
                    tell(bytes, length);
                }
            }
            finally
            {
                from.Close();
                to.Close();
            }
        }

        private void Accept()
        {
            for (;;)
            {
                TcpClient client = _listener.AcceptTcpClient();
                Run(() => Serve(client));
            }
        }

        private void Serve(TcpClient client)
        {
            var first = new byte[16384];
            int length = client.GetStream().Read(first, 0, first.Length);
            string request = Encoding.ASCII.GetString(first, 0, length);
            bool socket = request.Contains("/socket.io/") || request.StartsWith("GET /ws/", StringComparison.Ordinal);
            var upstream = new TcpClient();
            lock (_gate)
            {
                if (_closed || (socket && _cut))
                {
                    client.Close();
                    return;
                }
                _all.Add(client);
                _all.Add(upstream);
                if (socket)
                {
                    _sockets.Add(client);
                }
            }
            upstream.Connect(_server.Host, _server.Port);
            upstream.GetStream().Write(first, 0, length);
            Run(() => Copy(upstream, client, (bytes, count) => Tell(client, socket, bytes, count)));
            Copy(client, upstream, (bytes, count) => upstream.GetStream().Write(bytes, 0, count));
        }

        private void Tell(TcpClient client, bool socket, byte[] bytes, int length)
        {
            if (!socket)
            {
                _replies.Wait();
                client.GetStream().Write(bytes, 0, length);
                return;
            }
            lock (_gate)
            {
                if (_word == null || !Encoding.UTF8.GetString(bytes, 0, length).Contains(_word))
                {
                    client.GetStream().Write(bytes, 0, length);
                    return;
                }
                var kept = (byte[])bytes.Clone();
                _kept.Add(() => client.GetStream().Write(kept, 0, length));
            }
        }
    }
}
