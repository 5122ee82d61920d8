// A stand-in for UnityEngine, for tests without Unity. See README.md.
using System;

namespace UnityEngine
{
    public static class Application
    {
        public static event Action quitting;

        public static event Action<string> deepLinkActivated;

        public static string absoluteURL { get; set; } = "";

        public static void Quit()
        {
            Action handlers = quitting;
            if (handlers != null)
            {
                handlers();
            }
        }

        /// <summary>What the operating system does when somebody clicks a link.</summary>
        public static void ActivateDeepLink(string uri)
        {
            Action<string> handlers = deepLinkActivated;
            if (handlers != null)
            {
                handlers(uri);
            }
        }
    }

    public static class Debug
    {
        public static void Log(object message)
        {
            Stage.Console.Add("log: " + message);
        }

        public static void Log(object message, Object context)
        {
            Log(message);
        }

        public static void LogWarning(object message)
        {
            Stage.Console.Add("warning: " + message);
        }

        public static void LogWarning(object message, Object context)
        {
            LogWarning(message);
        }

        public static void LogError(object message, Object context)
        {
            Stage.Console.Add("error: " + message);
        }

        public static void LogException(Exception exception)
        {
            Stage.Console.Add("exception: " + exception);
        }

        public static void LogException(Exception exception, Object context)
        {
            LogException(exception);
        }
    }

    public struct Vector2
    {
        public static readonly Vector2 zero = new Vector2(0f, 0f);
        public static readonly Vector2 one = new Vector2(1f, 1f);
        public float x;
        public float y;

        public Vector2(float x, float y)
        {
            this.x = x;
            this.y = y;
        }
    }

    public struct Color
    {
        public static readonly Color white = new Color(1f, 1f, 1f);
        public float r;
        public float g;
        public float b;
        public float a;

        public Color(float r, float g, float b)
            : this(r, g, b, 1f)
        {
        }

        public Color(float r, float g, float b, float a)
        {
            this.r = r;
            this.g = g;
            this.b = b;
            this.a = a;
        }
    }

    public sealed class RectOffset
    {
        public RectOffset(int left, int right, int top, int bottom)
        {
        }
    }

    public enum FontStyle
    {
        Normal,
        Bold,
    }

    public enum TextAnchor
    {
        UpperLeft,
        MiddleCenter,
    }

    public enum RenderMode
    {
        ScreenSpaceOverlay,
        ScreenSpaceCamera,
    }

    public sealed class Font : Object
    {
    }

    public static class Resources
    {
        public static T GetBuiltinResource<T>(string path)
            where T : Object, new()
        {
            return new T { name = path };
        }
    }

    public sealed class Canvas : Behaviour
    {
        public RenderMode renderMode { get; set; }

        public int sortingOrder { get; set; }
    }
}
