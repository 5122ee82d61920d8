// A stand-in for UnityEngine, for tests without Unity. See README.md.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Threading;

namespace UnityEngine
{
    /// <summary>The player loop, frame by frame, and what the real one keeps to itself.</summary>
    public static class Stage
    {
        private const BindingFlags Members =
            BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

        private static readonly List<GameObject> Objects = new List<GameObject>();
        private static readonly List<Object> Doomed = new List<Object>();
        private static readonly StageContext Context = new StageContext();

        /// <summary>What a component made from now on finds in its serialized fields, by name.</summary>
        public static Dictionary<string, object> Inspector { get; } = new Dictionary<string, object>();

        /// <summary>Everything that was written to the console.</summary>
        public static List<string> Console { get; } = new List<string>();

        public static int ObjectCount
        {
            get { return Objects.Count; }
        }

        /// <summary>Does what happens when Play is pressed with the domain reload switched off.</summary>
        public static void EnterPlayMode(Assembly assembly)
        {
            SynchronizationContext.SetSynchronizationContext(Context);
            foreach (MethodInfo method in assembly.GetTypes().SelectMany(type => type.GetMethods(Members)))
            {
                if (method.GetCustomAttributes(typeof(RuntimeInitializeOnLoadMethodAttribute), false).Length > 0)
                {
                    method.Invoke(null, null);
                }
            }
        }

        /// <summary>Plays one frame.</summary>
        public static void Frame()
        {
            MonoBehaviour[] behaviours =
                Objects.SelectMany(each => each.Components).OfType<MonoBehaviour>().OrderBy(Order).ToArray();
            foreach (MonoBehaviour behaviour in behaviours.Where(b => !b.Started && !b.Destroyed))
            {
                behaviour.Started = true;
                Send(behaviour, "Start");
            }
            foreach (MonoBehaviour behaviour in behaviours.Where(b => !b.Destroyed))
            {
                Send(behaviour, "Update");
            }
            Context.Run();
            GUILayout.Shown.Clear();
            GUI.Drawn.Clear();
            Paint(behaviours, new Event { type = EventType.Repaint });
            Bury();
        }

        /// <summary>A key goes down or up, between two frames.</summary>
        public static void Key(KeyCode key, EventType type)
        {
            MonoBehaviour[] behaviours = Objects.SelectMany(each => each.Components).OfType<MonoBehaviour>().ToArray();
            Paint(behaviours, new Event { type = type, keyCode = key });
        }

        /// <summary>Loads an empty scene: what is not kept goes.</summary>
        public static void LoadScene()
        {
            foreach (GameObject root in Objects.Where(o => o.transform.parent == null && !o.KeptAcrossScenes).ToArray())
            {
                DestroyLater(root);
            }
            Bury();
        }

        /// <summary>Ends the game: the application quits, then all objects go.</summary>
        public static void Quit()
        {
            Application.Quit();
            Clear();
            SynchronizationContext.SetSynchronizationContext(null);
        }

        /// <summary>Takes all objects away.</summary>
        public static void Clear()
        {
            foreach (GameObject each in Objects.ToArray())
            {
                DestroyLater(each);
            }
            Bury();
            Inspector.Clear();
            Console.Clear();
            GUILayout.Touched = null;
        }

        internal static void Add(GameObject one)
        {
            Objects.Add(one);
        }

        internal static void DestroyLater(Object target)
        {
            Doomed.Add(target);
        }

        internal static void Prepare(Component component)
        {
            foreach (FieldInfo field in component.GetType().GetFields(Members))
            {
                object value;
                if (field.GetCustomAttributes(typeof(SerializeField), false).Length > 0 &&
                    Inspector.TryGetValue(field.Name, out value))
                {
                    field.SetValue(component, value);
                }
            }
        }

        internal static void Send(Component component, string message)
        {
            MethodInfo method = component.GetType().GetMethod(message, Members, null, Type.EmptyTypes, null);
            if (component is MonoBehaviour && method != null)
            {
                try
                {
                    method.Invoke(component, null);
                }
                catch (TargetInvocationException error)
                {
                    Debug.LogException(error.InnerException);
                }
            }
        }

        private static void Paint(IEnumerable<MonoBehaviour> behaviours, Event cause)
        {
            Event.current = cause;
            foreach (MonoBehaviour behaviour in behaviours.Where(b => b.Started && !b.Destroyed))
            {
                Send(behaviour, "OnGUI");
            }
        }

        private static int Order(MonoBehaviour behaviour)
        {
            object[] found = behaviour.GetType().GetCustomAttributes(typeof(DefaultExecutionOrder), false);
            return found.Length > 0 ? ((DefaultExecutionOrder)found[0]).Order : 0;
        }

        private static void Bury()
        {
            while (Doomed.Count > 0)
            {
                Object next = Doomed[0];
                Doomed.RemoveAt(0);
                if (next.Destroyed)
                {
                    continue;
                }
                Component part = next as Component;
                if (!ReferenceEquals(part, null))
                {
                    Send(part, "OnDestroy");
                    part.Destroyed = true;
                }
                GameObject body = next as GameObject;
                if (!ReferenceEquals(body, null))
                {
                    Bury(body);
                }
            }
        }

        private static void Bury(GameObject body)
        {
            foreach (Transform child in body.transform.Children())
            {
                Bury(child.gameObject);
            }
            foreach (Component component in body.Components.Where(each => !each.Destroyed))
            {
                Send(component, "OnDestroy");
            }
            body.transform.SetParent(null, false);
            foreach (Component component in body.Components)
            {
                component.Destroyed = true;
            }
            body.Destroyed = true;
            Objects.RemoveAll(each => ReferenceEquals(each, body));
        }
    }
}
