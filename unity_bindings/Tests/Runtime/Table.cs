using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Rallypoint.Tests
{
    /// <summary>The players of one test, polled together on the test's thread, as a game's main loop does.</summary>
    public sealed class Table : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

        private readonly List<Player> _players = new List<Player>();
        private readonly List<Action> _more = new List<Action>();

        /// <summary>Signs a new guest in and waits until the socket is up.</summary>
        public Player Join(string name)
        {
            return Join(name, TestServer.Url);
        }

        /// <summary>Signs a new guest in on this server and waits until the socket is up.</summary>
        public Player Join(string name, string url)
        {
            Player player = Sit(name, url);
            Result(player.Client.SignInAsGuestAsync(name));
            Until(() => player.Client.Link == LinkState.Live, name + " is live");
            return player;
        }

        /// <summary>Makes a client that nobody signs in.</summary>
        public Player Sit(string name, string url)
        {
            var player = new Player(name, url);
            _players.Add(player);
            return player;
        }

        /// <summary>Something else to do each turn.</summary>
        public void AlsoEachTurn(Action action)
        {
            _more.Add(action);
        }

        /// <summary>Polls everybody until this holds. Fails when it takes too long.</summary>
        public void Until(Func<bool> holds, string what)
        {
            Until(holds, () => what);
        }

        /// <summary>Polls everybody until the task has ended, and gives its result.</summary>
        public T Result<T>(Task<T> task)
        {
            Until(() => task.IsCompleted, () => "a " + typeof(T).Name);
            return task.GetAwaiter().GetResult();
        }

        /// <summary>Polls everybody until the task has ended well.</summary>
        public void Done(Task task)
        {
            Until(() => task.IsCompleted, "the end of a request");
            task.GetAwaiter().GetResult();
        }

        /// <summary>Polls everybody until the task has failed, and gives the error.</summary>
        public RallypointException Error(Task task)
        {
            Until(() => task.IsCompleted, "the failure of a request");
            return Assert.Throws<RallypointException>(() => task.GetAwaiter().GetResult());
        }

        /// <summary>Lets everybody poll once.</summary>
        public void Turn()
        {
            foreach (Player player in _players)
            {
                player.Client.Poll();
            }
            foreach (Action action in _more)
            {
                action();
            }
        }

        /// <summary>Disposes of every client.</summary>
        public void Dispose()
        {
            foreach (Player player in _players)
            {
                player.Client.Dispose();
            }
        }

        private void Until(Func<bool> holds, Func<string> what)
        {
            Stopwatch watch = Stopwatch.StartNew();
            while (!holds())
            {
                if (watch.Elapsed > Patience)
                {
                    Assert.Fail("After " + Patience.TotalSeconds + " s, not: " + what());
                }
                Turn();
                // Leaves the core to the server, as a frame would; what is waited for is the condition above.
                Thread.Sleep(1);
            }
        }
    }
}
