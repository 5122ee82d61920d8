using System;
using System.Runtime.InteropServices;

namespace Rallypoint.Native
{
    /// <summary>A text inside a structure: held in place while the library reads it.</summary>
    internal struct PinnedText : IDisposable
    {
        private readonly byte[] _bytes;
        private GCHandle _pin;

        internal PinnedText(string text)
        {
            _bytes = Utf8.Bytes(text);
            _pin = _bytes == null ? default(GCHandle) : GCHandle.Alloc(_bytes, GCHandleType.Pinned);
        }

        internal RpStr Str
        {
            get
            {
                return _bytes == null
                    ? default(RpStr)
                    : new RpStr { Ptr = _pin.AddrOfPinnedObject(), Len = Utf8.Length(_bytes) };
            }
        }

        public void Dispose()
        {
            if (_pin.IsAllocated)
            {
                _pin.Free();
            }
        }
    }
}
