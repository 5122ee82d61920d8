using System.Runtime.InteropServices;

namespace Rallypoint.Native
{
    /// <summary>How a game is to be played. The layout of <c>rp_game_options</c>.</summary>
    [Preserve]
    [StructLayout(LayoutKind.Sequential)]
    internal struct RpGameOptions
    {
#pragma warning disable 0649 // The library fills it in.
        internal int GameSpeed;
        internal int Ranked;
        internal int CoolMode;
        internal int ScoreToWin;
        internal int TimeLimit;
        internal int Reserved;
#pragma warning restore 0649
    }
}
