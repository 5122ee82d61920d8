using System.Collections.Generic;

namespace Rallypoint
{
    /// <summary>Log lines on their way to one client's thread. The oldest go first when there are too many.</summary>
    internal sealed class LogQueue
    {
        private const int Capacity = 512;

        private readonly Queue<RallypointLogMessage> _lines = new Queue<RallypointLogMessage>();

        internal void Add(RallypointLogMessage line)
        {
            lock (_lines)
            {
                if (_lines.Count == Capacity)
                {
                    _lines.Dequeue();
                }
                _lines.Enqueue(line);
            }
        }

        internal bool TryTake(out RallypointLogMessage line)
        {
            lock (_lines)
            {
                line = _lines.Count > 0 ? _lines.Dequeue() : null;
            }
            return line != null;
        }
    }
}
