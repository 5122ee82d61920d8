using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;

namespace Rallypoint
{
    /// <summary>
    /// What a player wants to say to the server. Of several moves that nobody has sent yet the last one counts, so
    /// that a slow connection carries no queue of old ones.
    /// </summary>
    internal sealed class GameOutbox
    {
        private readonly object _gate = new object();
        private readonly SemaphoreSlim _wake = new SemaphoreSlim(0);
        private bool _ready;
        private bool _leave;
        private bool _ask;
        private string _move;

        internal void SayReady()
        {
            Change(() => _ready = true);
        }

        internal void Leave()
        {
            Change(() => _leave = true);
        }

        internal void AskForState()
        {
            Change(() => _ask = true);
        }

        internal void Move(PaddleDirection direction)
        {
            string word = direction == PaddleDirection.Up ? "up" : direction == PaddleDirection.Down ? "down" : "stop";
            Change(() => _move = "{\"direction\":\"" + word + "\"}");
        }

        internal void MoveTo(float y)
        {
            string place = y.ToString("0.#####", CultureInfo.InvariantCulture);
            Change(() => _move = "{\"y\":" + place + "}");
        }

        /// <summary>Forgets what was said to a connection that is gone.</summary>
        internal void Clear()
        {
            lock (_gate)
            {
                _ready = false;
                _ask = false;
                _move = null;
            }
        }

        /// <summary>Waits until there may be something to send, or until the time is up.</summary>
        internal Task<bool> WaitAsync(int milliseconds, CancellationToken stop)
        {
            return _wake.WaitAsync(milliseconds, stop);
        }

        /// <summary>The frames to send, in order.</summary>
        internal List<string> Take()
        {
            var frames = new List<string>();
            lock (_gate)
            {
                Add(frames, _ready, "{\"type\":\"player_ready\"}");
                Add(frames, _move != null, "{\"type\":\"player_move\",\"movement\":" + _move + "}");
                Add(frames, _ask, "{\"type\":\"game_state\"}");
                Add(frames, _leave, "{\"type\":\"player_leave\"}");
                _ready = false;
                _move = null;
                _ask = false;
                _leave = false;
            }
            return frames;
        }

        private static void Add(List<string> frames, bool wanted, string frame)
        {
            if (wanted)
            {
                frames.Add(frame);
            }
        }

        private void Change(System.Action change)
        {
            lock (_gate)
            {
                change();
                if (_wake.CurrentCount == 0)
                {
                    _wake.Release();
                }
            }
        }
    }
}
