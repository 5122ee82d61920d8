using System.Collections.Generic;

namespace Rallypoint
{
    /// <summary>
    /// What has arrived and waits for the thread that owns the game. Of several states in a row the newest is kept, so
    /// that a game which is not updated for a while does not live through it all afterwards.
    /// </summary>
    internal sealed class GameInbox
    {
        private const int Capacity = 256;

        private readonly object _gate = new object();
        private readonly LinkedList<GameMessage> _messages = new LinkedList<GameMessage>();

        internal void Add(GameMessage message)
        {
            lock (_gate)
            {
                bool stale = _messages.Count > 0 && message.About == GameMessage.Kind.State &&
                    _messages.Last.Value.About == GameMessage.Kind.State;
                if (stale)
                {
                    _messages.RemoveLast();
                }
                else if (_messages.Count >= Capacity && message.About != GameMessage.Kind.Link)
                {
                    _messages.RemoveFirst();
                }
                _messages.AddLast(message);
            }
        }

        internal bool TryTake(out GameMessage message)
        {
            lock (_gate)
            {
                if (_messages.Count == 0)
                {
                    message = null;
                    return false;
                }
                message = _messages.First.Value;
                _messages.RemoveFirst();
                return true;
            }
        }
    }
}
