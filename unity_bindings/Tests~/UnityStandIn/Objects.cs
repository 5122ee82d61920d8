// A stand-in for UnityEngine, for tests without Unity. See README.md.
using System;
using System.Collections.Generic;
using System.Linq;

namespace UnityEngine
{
    public class Object
    {
        public string name { get; set; }

        internal bool Destroyed { get; set; }

        public static bool operator ==(Object left, Object right)
        {
            bool noLeft = ReferenceEquals(left, null) || left.Destroyed;
            bool noRight = ReferenceEquals(right, null) || right.Destroyed;
            return noLeft || noRight ? noLeft == noRight : ReferenceEquals(left, right);
        }

        public static bool operator !=(Object left, Object right)
        {
            return !(left == right);
        }

        public override bool Equals(object other)
        {
            return this == (other as Object);
        }

        public override int GetHashCode()
        {
            return System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
        }

        public static void Destroy(Object target)
        {
            Stage.DestroyLater(target);
        }

        public static void DontDestroyOnLoad(Object target)
        {
            ((GameObject)target).KeptAcrossScenes = true;
        }
    }

    public class Component : Object
    {
        public GameObject gameObject { get; internal set; }

        public Transform transform
        {
            get { return gameObject.transform; }
        }

        public T GetComponent<T>()
        {
            return gameObject.GetComponent<T>();
        }
    }

    public class Behaviour : Component
    {
    }

    public class MonoBehaviour : Behaviour
    {
        internal bool Started { get; set; }
    }

    public class Transform : Component
    {
        private readonly List<Transform> _children = new List<Transform>();

        public Transform parent { get; private set; }

        public int childCount
        {
            get { return _children.Count; }
        }

        public Transform GetChild(int index)
        {
            return _children[index];
        }

        public void SetParent(Transform to, bool worldPositionStays)
        {
            if (parent != null)
            {
                parent._children.Remove(this);
            }
            parent = to;
            if (to != null)
            {
                to._children.Add(this);
            }
        }

        public void SetAsFirstSibling()
        {
            parent._children.Remove(this);
            parent._children.Insert(0, this);
        }

        internal IEnumerable<Transform> Children()
        {
            return _children.ToArray();
        }
    }

    public sealed class RectTransform : Transform
    {
        public Vector2 anchorMin { get; set; }

        public Vector2 anchorMax { get; set; }

        public Vector2 pivot { get; set; }

        public Vector2 sizeDelta { get; set; }
    }

    public sealed class GameObject : Object
    {
        private readonly List<Component> _components = new List<Component>();

        public GameObject()
            : this("GameObject")
        {
        }

        public GameObject(string name, params Type[] components)
        {
            this.name = name;
            Type place = components.Any(NeedsRect) ? typeof(RectTransform) : typeof(Transform);
            transform = (Transform)Attach(place);
            Stage.Add(this);
            foreach (Type component in components.Where(type => type != typeof(RectTransform)))
            {
                Attach(component);
            }
        }

        public Transform transform { get; }

        public bool KeptAcrossScenes { get; internal set; }

        internal IEnumerable<Component> Components
        {
            get { return _components.ToArray(); }
        }

        public T AddComponent<T>()
            where T : Component
        {
            return (T)Attach(typeof(T));
        }

        public T GetComponent<T>()
        {
            return _components.OfType<T>().FirstOrDefault();
        }

        private static bool NeedsRect(Type type)
        {
            return type == typeof(RectTransform) || type.Namespace == "UnityEngine.UI" || type == typeof(Canvas);
        }

        private Component Attach(Type type)
        {
            var component = (Component)Activator.CreateInstance(type, true);
            component.gameObject = this;
            _components.Add(component);
            Stage.Prepare(component);
            Stage.Send(component, "Awake");
            return component;
        }
    }
}
