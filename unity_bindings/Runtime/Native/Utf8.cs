using System;
using System.Runtime.InteropServices;
using System.Text;

namespace Rallypoint.Native
{
    /// <summary>Texts across the boundary, converted by hand.</summary>
    internal static class Utf8
    {
        private static readonly UTF8Encoding Encoding = new UTF8Encoding(false);

        /// <summary>Copies a text out of the library; an absent one is empty.</summary>
        internal static string Read(RpStr text)
        {
            int length = checked((int)text.Len.ToUInt64());
            if (text.Ptr == IntPtr.Zero || length == 0)
            {
                return "";
            }
            var bytes = new byte[length];
            Marshal.Copy(text.Ptr, bytes, 0, length);
            return Encoding.GetString(bytes);
        }

        /// <summary>Copies a text out of the library; an absent one is null.</summary>
        internal static string ReadOrNull(RpStr text)
        {
            string read = Read(text);
            return read.Length == 0 ? null : read;
        }

        /// <summary>The first bytes of a buffer as text.</summary>
        internal static string Read(byte[] buffer, int length)
        {
            return Encoding.GetString(buffer, 0, length);
        }

        /// <summary>The bytes of a text; null stays null, which the library takes as absent.</summary>
        internal static byte[] Bytes(string text)
        {
            return text == null ? null : Encoding.GetBytes(text);
        }

        /// <summary>How many bytes that are.</summary>
        internal static UIntPtr Length(byte[] bytes)
        {
            return new UIntPtr(bytes == null ? 0u : (uint)bytes.Length);
        }
    }
}
