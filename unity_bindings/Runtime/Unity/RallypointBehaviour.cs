using System;
using System.Collections.Generic;
using UnityEngine;

namespace Rallypoint
{
    /// <summary>
    /// A Rallypoint client in the scene. Add it to a game object and use <see cref="Client"/>: all its events and all
    /// awaited results arrive on the main thread, during <c>Update</c>.
    /// </summary>
    [AddComponentMenu("Rallypoint/Rallypoint")]
    [DisallowMultipleComponent]
    [DefaultExecutionOrder(-1000)]
    public sealed class RallypointBehaviour : MonoBehaviour
    {
        private static readonly Dictionary<string, RallypointBehaviour> Living =
            new Dictionary<string, RallypointBehaviour>();

        [SerializeField]
        [Tooltip("Where the server is.")]
        private string serverUrl = "http://127.0.0.1:7777";

        [SerializeField]
        [Tooltip("Survive the loading of another scene. A copy in the new scene then gives way to this one.")]
        private bool keepAcrossScenes = true;

        [SerializeField]
        [Tooltip("One client lives per profile. Give a second component another name to play against yourself.")]
        private string profile = "";

        [SerializeField]
        [Tooltip("How much of the native library's log goes to the console.")]
        private RallypointLogLevel logLevel = RallypointLogLevel.Warning;

        [SerializeField]
        [Tooltip("Take rallypoint:// links from the operating system and from the command line.")]
        private bool takeDeepLinks = true;

        private RallypointClient _client;

        /// <summary>The client; there from <c>Awake</c> to <c>OnDestroy</c>.</summary>
        /// <exception cref="RallypointException">It does not live, or the client could not be made.</exception>
        public RallypointClient Client
        {
            get
            {
                if (_client == null)
                {
                    throw new RallypointException(
                        RallypointErrorCode.Closed,
                        "This RallypointBehaviour has no client: it is inactive, destroyed, or the console says why " +
                        "the client could not be made.");
                }
                return _client;
            }
        }

        /// <summary>Whether <see cref="Client"/> is there.</summary>
        public bool HasClient
        {
            get { return _client != null && !_client.IsDisposed; }
        }

        /// <summary>The living component with this profile name; null if there is none.</summary>
        /// <param name="profile">The name from the inspector; the empty one unless you gave one.</param>
        public static RallypointBehaviour Find(string profile = "")
        {
            RallypointBehaviour found;
            return Living.TryGetValue(profile, out found) ? found : null;
        }

        // Play mode may start without a domain reload: statics then still hold the last run.
        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.SubsystemRegistration)]
        private static void Reset()
        {
            Living.Clear();
            Application.quitting -= Quit;
            Application.quitting += Quit;
        }

        private static void Quit()
        {
            RallypointLibrary.ShutdownAll(RallypointShutdown.Limit);
        }

        private void Awake()
        {
            if (Living.ContainsKey(profile))
            {
                Destroy(gameObject);
                return;
            }
            try
            {
                RallypointLibrary.LogLevel = logLevel;
                _client = new RallypointClient(serverUrl);
            }
            catch (RallypointException error)
            {
                Debug.LogException(error, this);
                return;
            }
            Living.Add(profile, this);
            _client.HandlerFailed += OnHandlerFailed;
            _client.LogMessage += OnLogMessage;
            if (keepAcrossScenes)
            {
                DontDestroyOnLoad(gameObject);
            }
            if (takeDeepLinks)
            {
                Application.deepLinkActivated += OnDeepLink;
                OpenStartLink();
            }
        }

        private void Update()
        {
            if (_client != null)
            {
                _client.Poll();
            }
        }

        private void OnDestroy()
        {
            if (_client == null)
            {
                return;
            }
            Living.Remove(profile);
            Application.deepLinkActivated -= OnDeepLink;
            _client.Dispose();
            _client.HandlerFailed -= OnHandlerFailed;
            _client.LogMessage -= OnLogMessage;
            _client = null;
        }

        private void OpenStartLink()
        {
            if (!string.IsNullOrEmpty(Application.absoluteURL))
            {
                OnDeepLink(Application.absoluteURL);
                return;
            }
            foreach (string argument in Environment.GetCommandLineArgs())
            {
                if (argument.StartsWith("rallypoint://", StringComparison.OrdinalIgnoreCase))
                {
                    OnDeepLink(argument);
                    return;
                }
            }
        }

        private void OnDeepLink(string uri)
        {
            try
            {
                _client.OpenLink(uri);
            }
            catch (RallypointException error)
            {
                // Whoever clicked the link decides what it says: worth a line, no more.
                Debug.LogWarning("Rallypoint does not understand a link: " + error.Message, this);
            }
        }

        private void OnHandlerFailed(Exception fault)
        {
            Debug.LogException(fault, this);
        }

        private void OnLogMessage(RallypointLogMessage line)
        {
            switch (line.Level)
            {
                case RallypointLogLevel.Error:
                    Debug.LogError(line.Text, this);
                    break;
                case RallypointLogLevel.Warning:
                    Debug.LogWarning(line.Text, this);
                    break;
                default:
                    Debug.Log(line.Text, this);
                    break;
            }
        }
    }
}
