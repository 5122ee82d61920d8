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
        _title.text = invite.SenderName + " invites you";
        string name = invite.SessionName.Length > 0 ? invite.SessionName : "a game";
        _details.text = invite.SessionCode.Length > 0 ? name + " (" + invite.SessionCode + ")" : name;
        Refresh();
    }

    /// <summary>Shows what went wrong with an answer.</summary>
    public void ShowError(string message)
    {
        _details.text = message;
        Refresh();
    }

    /// <summary>Disables both buttons, at once, whatever the network does.</summary>
    public void Lock()
    {
        _accept.interactable = false;
        _decline.interactable = false;
    }

    /// <summary>Brings countdown and buttons up to date; called every frame.</summary>
    public void Refresh()
    {
        int left = _invite.RemainingSeconds;
        string text = left > 0 ? left + " s" : "expired";
        // Setting the same text again would rebuild the canvas each frame.
        if (_countdown.text != text)
        {
            _countdown.text = text;
        }
        if (left == 0 || _invite.State != InviteState.Ringing)
        {
            Lock();
        }
    }

    /// <summary>Lets the player answer again, after an answer that did not get through.</summary>
    public void Unlock()
    {
        _accept.interactable = true;
        _decline.interactable = true;
        Refresh();
    }
}
