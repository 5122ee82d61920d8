using System;
using System.Collections.Generic;

namespace Rallypoint
{
    /// <summary>Calls handlers one by one, so that one which throws keeps nothing from the others.</summary>
    internal struct HandlerFaults
    {
        private readonly Action<Exception> _report;
        private List<Exception> _unreported;

        internal HandlerFaults(Action<Exception> report)
        {
            _report = report;
            _unreported = null;
        }

        internal void Raise(Action handlers)
        {
            if (handlers == null)
            {
                return;
            }
            foreach (Delegate handler in handlers.GetInvocationList())
            {
                try
                {
                    ((Action)handler)();
                }
                catch (Exception fault)
                {
                    Report(fault);
                }
            }
        }

        internal void Raise<T>(Action<T> handlers, T value)
        {
            if (handlers == null)
            {
                return;
            }
            foreach (Delegate handler in handlers.GetInvocationList())
            {
                try
                {
                    ((Action<T>)handler)(value);
                }
                catch (Exception fault)
                {
                    Report(fault);
                }
            }
        }

        internal void Raise<T, TU>(Action<T, TU> handlers, T first, TU second)
        {
            if (handlers == null)
            {
                return;
            }
            foreach (Delegate handler in handlers.GetInvocationList())
            {
                try
                {
                    ((Action<T, TU>)handler)(first, second);
                }
                catch (Exception fault)
                {
                    Report(fault);
                }
            }
        }

        internal void ThrowIfUnhandled()
        {
            if (_unreported != null)
            {
                throw new AggregateException("A handler of a Rallypoint event threw.", _unreported);
            }
        }

        private void Report(Exception fault)
        {
            if (_report != null)
            {
                _report(fault);
                return;
            }
            if (_unreported == null)
            {
                _unreported = new List<Exception>();
            }
            _unreported.Add(fault);
        }
    }
}
