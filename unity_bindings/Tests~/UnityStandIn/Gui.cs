// A stand-in for UnityEngine's IMGUI, for tests without Unity. See README.md.
using System.Collections.Generic;

namespace UnityEngine
{
    public struct Rect
    {
        public Rect(float x, float y, float width, float height)
        {
            this.x = x;
            this.y = y;
            this.width = width;
            this.height = height;
        }

        public float x { get; set; }

        public float y { get; set; }

        public float width { get; set; }

        public float height { get; set; }
    }

    public static class Screen
    {
        public static int width
        {
            get { return 1280; }
        }

        public static int height
        {
            get { return 720; }
        }
    }

    public class Texture : Object
    {
    }

    public sealed class Texture2D : Texture
    {
        public static Texture2D whiteTexture { get; } = new Texture2D();
    }

    public enum KeyCode
    {
        None,
        W,
        S,
        UpArrow,
        DownArrow,
    }

    public enum EventType
    {
        KeyDown,
        KeyUp,
        Repaint,
    }

    public sealed class Event
    {
        public static Event current { get; internal set; }

        public EventType type { get; set; }

        public KeyCode keyCode { get; set; }
    }

    public static class GUI
    {
        /// <summary>The rectangles of this frame.</summary>
        public static List<Rect> Drawn { get; } = new List<Rect>();

        public static void Label(Rect position, string text)
        {
            GUILayout.Label(text);
        }

        public static void DrawTexture(Rect position, Texture image)
        {
            Drawn.Add(position);
        }
    }

    public static class GUILayout
    {
        /// <summary>Labels and the captions of buttons of this frame.</summary>
        public static List<string> Shown { get; } = new List<string>();

        /// <summary>The button that a finger is on.</summary>
        public static string Touched { get; set; }

        /// <summary>What is typed into the next text field.</summary>
        public static string Typed { get; set; }

        /// <summary>How far down the wheel moves the next scroll view.</summary>
        public static float Wheel { get; set; }

        /// <summary>Where the scroll view of this frame was told to stand.</summary>
        public static Vector2 Scrolled { get; private set; }

        public static void BeginArea(Rect screenRect)
        {
        }

        public static void EndArea()
        {
        }

        public static Vector2 BeginScrollView(Vector2 scrollPosition)
        {
            Scrolled = scrollPosition;
            var now = new Vector2(scrollPosition.x, scrollPosition.y + Wheel);
            Wheel = 0f;
            return now;
        }

        public static void EndScrollView()
        {
        }

        public static void Label(string text)
        {
            Shown.Add(text);
        }

        public static string TextField(string text)
        {
            string now = Typed ?? text;
            Typed = null;
            return now;
        }

        public static bool Button(string text)
        {
            Shown.Add(text);
            if (Touched != text)
            {
                return false;
            }
            Touched = null;
            return true;
        }
    }
}
