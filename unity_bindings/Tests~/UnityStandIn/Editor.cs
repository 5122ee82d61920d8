// A stand-in for UnityEditor, for tests without Unity. See README.md.
using System;

namespace UnityEditor
{
    public enum PlayModeStateChange
    {
        EnteredEditMode,
        ExitingEditMode,
        EnteredPlayMode,
        ExitingPlayMode,
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class InitializeOnLoadAttribute : Attribute
    {
    }

    public static class AssemblyReloadEvents
    {
        public delegate void AssemblyReloadCallback();

        public static event AssemblyReloadCallback beforeAssemblyReload;

        public static void Reload()
        {
            beforeAssemblyReload();
        }
    }

    public static class EditorApplication
    {
        public static event Action quitting;

        public static event Action<PlayModeStateChange> playModeStateChanged;

        public static void Change(PlayModeStateChange change)
        {
            playModeStateChanged(change);
        }

        public static void Quit()
        {
            quitting();
        }
    }
}
