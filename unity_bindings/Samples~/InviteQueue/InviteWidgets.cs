using UnityEngine;
using UnityEngine.UI;

/// <summary>The few uGUI parts that the popups are made of.</summary>
internal static class InviteWidgets
{
#if UNITY_2022_2_OR_NEWER
    private const string BuiltinFont = "LegacyRuntime.ttf";
#else
    private const string BuiltinFont = "Arial.ttf";
#endif

    internal static RectTransform Screen(string name)
    {
        GameObject root = new GameObject(name, typeof(Canvas), typeof(CanvasScaler), typeof(GraphicRaycaster));
        Canvas canvas = root.GetComponent<Canvas>();
        canvas.renderMode = RenderMode.ScreenSpaceOverlay;
        canvas.sortingOrder = 1000;
        root.GetComponent<CanvasScaler>().uiScaleMode = CanvasScaler.ScaleMode.ScaleWithScreenSize;

        GameObject stack = new GameObject("Stack", typeof(RectTransform), typeof(VerticalLayoutGroup));
        stack.transform.SetParent(root.transform, false);
        RectTransform place = stack.GetComponent<RectTransform>();
        // A column down the right edge: the game stays visible and playable beside it.
        place.anchorMin = new Vector2(1f, 0f);
        place.anchorMax = new Vector2(1f, 1f);
        place.pivot = new Vector2(1f, 1f);
        place.sizeDelta = new Vector2(360f, 0f);
        VerticalLayoutGroup layout = stack.GetComponent<VerticalLayoutGroup>();
        layout.padding = new RectOffset(12, 12, 12, 12);
        Arrange(layout, 12f);
        return place;
    }

    internal static GameObject Panel(string name, Transform parent, Color color)
    {
        GameObject panel = Child(name, parent, typeof(Image), typeof(VerticalLayoutGroup));
        panel.GetComponent<Image>().color = color;
        VerticalLayoutGroup layout = panel.GetComponent<VerticalLayoutGroup>();
        layout.padding = new RectOffset(16, 16, 12, 12);
        Arrange(layout, 6f);
        return panel;
    }

    internal static GameObject Row(string name, Transform parent)
    {
        GameObject row = Child(name, parent, typeof(HorizontalLayoutGroup));
        HorizontalLayoutGroup layout = row.GetComponent<HorizontalLayoutGroup>();
        Arrange(layout, 8f);
        layout.childForceExpandWidth = true;
        return row;
    }

    internal static Text Label(string name, Transform parent, int size, FontStyle style)
    {
        Text label = Child(name, parent, typeof(Text)).GetComponent<Text>();
        label.font = Resources.GetBuiltinResource<Font>(BuiltinFont);
        label.fontSize = size;
        label.fontStyle = style;
        label.color = Color.white;
        return label;
    }

    internal static Button Button(string caption, Transform parent, Color color)
    {
        GameObject root = Child(caption, parent, typeof(Image), typeof(Button), typeof(LayoutElement));
        root.GetComponent<Image>().color = color;
        root.GetComponent<LayoutElement>().minHeight = 40f;
        Text label = Label("Caption", root.transform, 18, FontStyle.Bold);
        label.text = caption;
        label.alignment = TextAnchor.MiddleCenter;
        RectTransform place = label.GetComponent<RectTransform>();
        place.anchorMin = Vector2.zero;
        place.anchorMax = Vector2.one;
        place.sizeDelta = Vector2.zero;
        return root.GetComponent<Button>();
    }

    private static GameObject Child(string name, Transform parent, params System.Type[] parts)
    {
        GameObject child = new GameObject(name, parts);
        child.transform.SetParent(parent, false);
        return child;
    }

    private static void Arrange(HorizontalOrVerticalLayoutGroup layout, float spacing)
    {
        layout.spacing = spacing;
        layout.childControlWidth = true;
        layout.childControlHeight = true;
        layout.childForceExpandHeight = false;
    }
}
