// A stand-in for UnityEngine.UI, for tests without Unity. See README.md.
using UnityEngine.Events;

namespace UnityEngine.Events
{
    public delegate void UnityAction();

    public class UnityEvent
    {
        private UnityAction _calls;

        public void AddListener(UnityAction call)
        {
            _calls += call;
        }

        public void Invoke()
        {
            if (_calls != null)
            {
                _calls();
            }
        }
    }
}

namespace UnityEngine.UI
{
    public class Graphic : MonoBehaviour
    {
        public Color color { get; set; }
    }

    public sealed class Image : Graphic
    {
    }

    public sealed class Text : Graphic
    {
        public string text { get; set; } = "";

        public Font font { get; set; }

        public int fontSize { get; set; }

        public FontStyle fontStyle { get; set; }

        public TextAnchor alignment { get; set; }
    }

    public sealed class Button : MonoBehaviour
    {
        public sealed class ButtonClickedEvent : UnityEvent
        {
        }

        public bool interactable { get; set; } = true;

        public ButtonClickedEvent onClick { get; } = new ButtonClickedEvent();

        /// <summary>What a player's finger does: nothing, where the button is disabled.</summary>
        public void Press()
        {
            if (interactable)
            {
                onClick.Invoke();
            }
        }
    }

    public sealed class LayoutElement : MonoBehaviour
    {
        public float minHeight { get; set; }
    }

    public class HorizontalOrVerticalLayoutGroup : MonoBehaviour
    {
        public RectOffset padding { get; set; }

        public float spacing { get; set; }

        public bool childControlWidth { get; set; }

        public bool childControlHeight { get; set; }

        public bool childForceExpandWidth { get; set; }

        public bool childForceExpandHeight { get; set; }
    }

    public sealed class VerticalLayoutGroup : HorizontalOrVerticalLayoutGroup
    {
    }

    public sealed class HorizontalLayoutGroup : HorizontalOrVerticalLayoutGroup
    {
    }

    public sealed class GraphicRaycaster : MonoBehaviour
    {
    }

    public sealed class CanvasScaler : MonoBehaviour
    {
        public enum ScaleMode
        {
            ConstantPixelSize,
            ScaleWithScreenSize,
        }

        public ScaleMode uiScaleMode { get; set; }
    }
}
