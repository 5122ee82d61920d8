using System;
using System.Runtime.InteropServices;

namespace Rallypoint.Native
{
    /// <summary>The library as a whole: found, checked, its log, its end.</summary>
    internal static class NativeLibrary
    {
        /// <summary>The <c>RP_ABI_VERSION</c> that this package was written for.</summary>
        internal const int AbiVersion = 1002;

        private static readonly object Gate = new object();
        private static readonly byte[] LogBuffer = new byte[4096];
        private static volatile bool _loaded;

        internal static bool IsLoaded
        {
            get { return _loaded; }
        }

        /// <summary>Loads the library and finds that it is the one which belongs to this package.</summary>
        internal static void EnsureLoaded()
        {
            if (_loaded)
            {
                return;
            }
            if (!RallypointLibrary.IsSupported)
            {
                throw new RallypointException(RallypointErrorCode.UnsupportedPlatform);
            }
            lock (Gate)
            {
                if (_loaded)
                {
                    return;
                }
                try
                {
                    CheckVersion();
                    NativeError.Check(NativeMethods.LogLevel((int)RallypointLogLevel.Warning));
                }
                catch (DllNotFoundException error)
                {
                    throw new RallypointException(RallypointErrorCode.LibraryMissing, null, error);
                }
                catch (BadImageFormatException error)
                {
                    throw new RallypointException(RallypointErrorCode.LibraryMissing, null, error);
                }
                catch (EntryPointNotFoundException error)
                {
                    throw new RallypointException(RallypointErrorCode.VersionMismatch, null, error);
                }
                _loaded = true;
            }
        }

        internal static void SetLogLevel(RallypointLogLevel level)
        {
            EnsureLoaded();
            NativeError.Check(NativeMethods.LogLevel((int)level));
        }

        internal static bool ShutdownAll(TimeSpan timeout)
        {
            if (!_loaded)
            {
                return true;
            }
            double milliseconds = Math.Max(0, Math.Min(timeout.TotalMilliseconds, uint.MaxValue));
            return NativeMethods.ShutdownAll((uint)milliseconds) == 0;
        }

        /// <summary>Takes a line out of the log.</summary>
        internal static bool TryNextLogLine(out RallypointLogMessage line)
        {
            lock (Gate)
            {
                UIntPtr length;
                int level;
                int result = NativeMethods.LogNext(LogBuffer, Utf8.Length(LogBuffer), out length, out level);
                line = result == 1
                    ? new RallypointLogMessage((RallypointLogLevel)level, Utf8.Read(LogBuffer, (int)length.ToUInt32()))
                    : null;
                return line != null;
            }
        }

        private static void CheckVersion()
        {
            if (NativeMethods.CheckVersion(AbiVersion) != 0)
            {
                throw new RallypointException(
                    RallypointErrorCode.VersionMismatch,
                    "The native library speaks version " + NativeMethods.AbiVersion() + ", this package " + AbiVersion +
                    ". Put the library of the same release under Runtime/Plugins, and restart the Editor.");
            }
            CheckSize<RpStr>(NativeStruct.Str);
            CheckSize<RpEvent>(NativeStruct.Event);
            CheckSize<RpInvite>(NativeStruct.Invite);
            CheckSize<RpUser>(NativeStruct.User);
            CheckSize<RpPlayer>(NativeStruct.Player);
            CheckSize<RpGameOptions>(NativeStruct.GameOptions);
            CheckSize<RpSessionSettings>(NativeStruct.SessionSettings);
            CheckSize<RpClientOptions>(NativeStruct.ClientOptions);
            CheckSize<RpRegistration>(NativeStruct.Registration);
            CheckSize<RpQueue>(NativeStruct.Queue);
            CheckSize<RpMatchEnd>(NativeStruct.MatchEnd);
            CheckSize<RpFriend>(NativeStruct.Friend);
        }

        private static void CheckSize<T>(NativeStruct which)
            where T : struct
        {
            UIntPtr size;
            NativeError.Check(NativeMethods.StructSize((int)which, out size));
            if (size.ToUInt64() != (ulong)Marshal.SizeOf(default(T)))
            {
                throw new RallypointException(
                    RallypointErrorCode.VersionMismatch,
                    "The native library and this package disagree about " + typeof(T).Name +
                    ". Put the library of the same release under Runtime/Plugins, and restart the Editor.");
            }
        }
    }
}
