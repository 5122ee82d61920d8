using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Rallypoint.Native;

namespace Rallypoint
{
    /// <summary>Requests under way, by the number that the library gave them.</summary>
    internal sealed class RequestTable
    {
        private readonly object _gate = new object();
        private readonly Dictionary<ulong, PendingRequest> _pending = new Dictionary<ulong, PendingRequest>();
        private bool _closed;

        /// <summary>Starts a native operation; returns the number of its request.</summary>
        internal delegate ulong Operation();

        internal int Count
        {
            get
            {
                lock (_gate)
                {
                    return _pending.Count;
                }
            }
        }

        /// <summary>Sends a request. Whatever goes wrong comes out of the task.</summary>
        internal Task<T> Send<T>(Operation operation, Func<NativeEvent, IReadOnlyList<NativeEvent>, T> read)
        {
            var request = new PendingRequest<T>(read);
            try
            {
                // Sent and registered under one lock, which Find takes as well: no completion can overtake its request.
                lock (_gate)
                {
                    if (_closed)
                    {
                        throw new RallypointException(RallypointErrorCode.Closed);
                    }
                    _pending.Add(operation(), request);
                }
            }
            catch (RallypointException error)
            {
                request.Fail(error);
            }
            return request.Task;
        }

        /// <summary>Hands an event to the request that it answers; true if there is one.</summary>
        internal bool Deliver(NativeEvent answer)
        {
            PendingRequest request;
            lock (_gate)
            {
                if (answer.Request == 0 || !_pending.TryGetValue(answer.Request, out request))
                {
                    return false;
                }
                if (answer.Type == NativeEventType.Completed)
                {
                    _pending.Remove(answer.Request);
                }
            }
            if (answer.Type == NativeEventType.Completed)
            {
                request.Complete(answer);
            }
            else
            {
                request.AddRow(answer);
            }
            return true;
        }

        /// <summary>Fails everything under way, and whatever is sent from now on.</summary>
        internal void Close()
        {
            List<PendingRequest> left;
            lock (_gate)
            {
                _closed = true;
                left = new List<PendingRequest>(_pending.Values);
                _pending.Clear();
            }
            foreach (PendingRequest request in left)
            {
                request.Fail(new RallypointException(RallypointErrorCode.Closed));
            }
        }
    }
}
