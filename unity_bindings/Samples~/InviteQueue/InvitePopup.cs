using System;
using Rallypoint;
using UnityEngine;
using UnityEngine.UI;

/// <summary>One invite on the screen: who, what, how long, and two buttons.</summary>
public sealed class InvitePopup : MonoBehaviour
{
    private Text _title;
    private Text _details;
    private Text _countdown;
    private Button _accept;
    private Button _decline;
    private Invite _invite;
    private bool _locked;
    private string _words;
    private string _error;

    /// <summary>The invite that is shown.</summary>
    public Invite Invite
    {
        get { return _invite; }
    }

    /// <summary>Whether the buttons can be pressed.</summary>
    public bool CanAnswer
    {
        get { return _accept.interactable; }
    }

    /// <summary>What the countdown shows.</summary>
    public string Countdown
    {
        get { return _countdown.text; }
    }

    /// <summary>What stands below the sender's name.</summary>
    public string Details
    {
        get { return _details.text; }
    }

    /// <summary>Builds the popup below a container. Replace this by a prefab of your own look.</summary>
    public static InvitePopup Build(Transform parent, Action<InvitePopup> onAccept, Action<InvitePopup> onDecline)
    {
        GameObject root = InviteWidgets.Panel("Invite", parent, new Color(0.10f, 0.12f, 0.17f, 0.96f));
        InvitePopup popup = root.AddComponent<InvitePopup>();
        popup._title = InviteWidgets.Label("Sender", root.transform, 22, FontStyle.Bold);
        popup._details = InviteWidgets.Label("Session", root.transform, 16, FontStyle.Normal);
        popup._countdown = InviteWidgets.Label("Countdown", root.transform, 16, FontStyle.Normal);
        GameObject row = InviteWidgets.Row("Buttons", root.transform);
        popup._accept = InviteWidgets.Button("Accept", row.transform, new Color(0.18f, 0.62f, 0.40f));
        popup._decline = InviteWidgets.Button("Decline", row.transform, new Color(0.55f, 0.24f, 0.27f));
        popup._accept.onClick.AddListener(() => onAccept(popup));
        popup._decline.onClick.AddListener(() => onDecline(popup));
        return popup;
    }

    /// <summary>Shows this invite, as it is now.</summary>
    public void Show(Invite invite)
    {
        _invite = invite;
        string name = invite.SessionName.Length > 0 ? invite.SessionName : "a game";
        _words = invite.SessionCode.Length > 0 ? name + " (" + invite.SessionCode + ")" : name;
        _title.text = invite.SenderName + " invites you";
        Refresh();
    }

    /// <summary>Shows what went wrong with an answer, until the next one.</summary>
    public void ShowError(string message)
    {
        _error = message;
        Refresh();
    }

    /// <summary>Disables both buttons, at once, whatever the network does.</summary>
    public void Lock()
    {
        _locked = true;
        _error = null;
        Refresh();
    }

    /// <summary>Lets the player answer again, after an answer that did not get through.</summary>
    public void Unlock()
    {
        _locked = false;
        Refresh();
    }

    /// <summary>Brings words, countdown and buttons up to date; called every frame.</summary>
    public void Refresh()
    {
        int left = _invite.RemainingSeconds;
        SetText(_details, _error ?? _words);
        SetText(_countdown, left > 0 ? left + " s" : "expired");
        bool canAnswer = !_locked && left > 0 && _invite.State == InviteState.Ringing;
        _accept.interactable = canAnswer;
        _decline.interactable = canAnswer;
    }

    // Setting the same text again would rebuild the canvas each frame.
    private static void SetText(Text label, string text)
    {
        if (label.text != text)
        {
            label.text = text;
        }
    }
}
