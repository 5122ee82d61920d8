// A stand-in for UnityEngine, for tests without Unity. See README.md.
using System;
using System.Collections.Generic;
using System.Threading;

namespace UnityEngine
{
    /// <summary>The main thread's: what is posted runs in the next frame, and what it throws goes to the console.</summary>
    internal sealed class StageContext : SynchronizationContext
    {
        private readonly Queue<KeyValuePair<SendOrPostCallback, object>> _posted =
            new Queue<KeyValuePair<SendOrPostCallback, object>>();

        public override void Post(SendOrPostCallback work, object state)
        {
            lock (_posted)
            {
                _posted.Enqueue(new KeyValuePair<SendOrPostCallback, object>(work, state));
            }
        }

        internal void Run()
        {
            KeyValuePair<SendOrPostCallback, object> next;
            while (TryTake(out next))
            {
                try
                {
                    next.Key(next.Value);
                }
                catch (Exception error)
                {
                    Debug.LogException(error);
                }
            }
        }

        private bool TryTake(out KeyValuePair<SendOrPostCallback, object> next)
        {
            lock (_posted)
            {
                bool any = _posted.Count > 0;
                next = any ? _posted.Dequeue() : default(KeyValuePair<SendOrPostCallback, object>);
                return any;
            }
        }
    }
}
