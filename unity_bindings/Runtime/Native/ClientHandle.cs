namespace Rallypoint.Native
{
    /// <summary>The number of a client. Freeing a number that is gone already is an error number, no crash.</summary>
    internal sealed class ClientHandle : NativeHandle
    {
        internal ClientHandle(ulong number)
            : base(number)
        {
        }

        protected override bool ReleaseHandle()
        {
            return NativeMethods.ClientFree(Number) == 0;
        }
    }
}
