using UnityEditor;
using UnityEngine;

namespace Rallypoint.Editor
{
    /// <summary>
    /// Stops the native library before the Editor reloads scripts or leaves Play mode. The Editor never unloads a
    /// native library, so its threads would outlive the managed code that they belong to.
    /// </summary>
    [InitializeOnLoad]
    internal static class RallypointReloadHook
    {
        static RallypointReloadHook()
        {
            AssemblyReloadEvents.beforeAssemblyReload += Shutdown;
            EditorApplication.quitting += Shutdown;
            EditorApplication.playModeStateChanged += OnPlayModeChanged;
        }

        private static void OnPlayModeChanged(PlayModeStateChange change)
        {
            // Also where the domain is not reloaded: what the last run left behind must not meet the next one.
            if (change == PlayModeStateChange.EnteredEditMode)
            {
                Shutdown();
            }
        }

        private static void Shutdown()
        {
            // Loading the library only to stop it would lock its file for nothing.
            if (!RallypointLibrary.IsLoaded)
            {
                return;
            }
            if (!RallypointLibrary.ShutdownAll(RallypointShutdown.Limit))
            {
                Debug.LogWarning("Rallypoint's threads did not end in time. Restart the Editor if it misbehaves.");
            }
        }
    }
}
