namespace Rallypoint.Native
{
    /// <summary>The number of this machine's first copy of the game.</summary>
    internal sealed class HandoffHandle : NativeHandle
    {
        internal HandoffHandle(ulong number)
            : base(number)
        {
        }

        protected override bool ReleaseHandle()
        {
            return NativeMethods.HandoffFree(Number) == 0;
        }
    }
}
