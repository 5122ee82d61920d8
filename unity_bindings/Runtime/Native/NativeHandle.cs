using System;
using System.Runtime.InteropServices;

namespace Rallypoint.Native
{
    /// <summary>
    /// A number of the library's that must be given back, also when its owner was forgotten. The number has 64 bits
    /// on every platform, a pointer has not: the base class's own field only says whether there is one.
    /// </summary>
    internal abstract class NativeHandle : SafeHandle
    {
        protected NativeHandle(ulong number)
            : base(IntPtr.Zero, true)
        {
            Number = number;
            SetHandle(new IntPtr(number == 0 ? 0 : 1));
        }

        public override bool IsInvalid
        {
            get { return handle == IntPtr.Zero; }
        }

        internal ulong Number { get; }

        /// <summary>Forgets the number: somebody else gives it back.</summary>
        internal void Forget()
        {
            SetHandleAsInvalid();
        }
    }
}
