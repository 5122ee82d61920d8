using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Rallypoint.Native;

namespace Rallypoint
{
    /// <summary>A request that the server has not answered yet.</summary>
    internal abstract class PendingRequest
    {
        /// <summary>Takes one of several results that come before the completion.</summary>
        internal abstract void AddRow(NativeEvent row);

        /// <summary>Ends the task with what the completion says.</summary>
        internal abstract void Complete(NativeEvent completion);

        /// <summary>Ends the task with an error.</summary>
        internal abstract void Fail(Exception error);
    }

    /// <summary>A request whose task gives a <typeparamref name="T"/>.</summary>
    internal sealed class PendingRequest<T> : PendingRequest
    {
        // Continuations run inside Poll on purpose: that is the thread which the application chose for them.
        private readonly TaskCompletionSource<T> _source = new TaskCompletionSource<T>();
        private readonly List<NativeEvent> _rows = new List<NativeEvent>();
        private readonly Func<NativeEvent, IReadOnlyList<NativeEvent>, T> _read;

        internal PendingRequest(Func<NativeEvent, IReadOnlyList<NativeEvent>, T> read)
        {
            _read = read;
        }

        internal Task<T> Task
        {
            get { return _source.Task; }
        }

        internal override void AddRow(NativeEvent row)
        {
            _rows.Add(row);
        }

        internal override void Complete(NativeEvent completion)
        {
            if (completion.Error != 0)
            {
                _source.TrySetException(NativeError.Exception(completion.Error, completion.Message));
                return;
            }
            T result;
            try
            {
                result = _read(completion, _rows);
            }
            catch (Exception error)
            {
                _source.TrySetException(error);
                return;
            }
            _source.TrySetResult(result);
        }

        internal override void Fail(Exception error)
        {
            _source.TrySetException(error);
        }
    }
}
