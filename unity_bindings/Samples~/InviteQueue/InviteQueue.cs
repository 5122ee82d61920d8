using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Rallypoint;
using UnityEngine;

/// <summary>
/// The invite queue: one popup per invite, newest on top, none of them in the way of the game. Add it to the game
/// object that has the <see cref="RallypointBehaviour"/>, and listen to <see cref="Accepted"/>.
/// </summary>
public sealed class InviteQueue : MonoBehaviour
{
    private readonly Dictionary<long, InvitePopup> _popups = new Dictionary<long, InvitePopup>();
    private RallypointClient _client;
    private RectTransform _stack;

    /// <summary>The player accepted and has the seat: connect to this game.</summary>
    public event Action<GameAccess> Accepted;

    /// <summary>The popups on the screen, by invite.</summary>
    public IReadOnlyDictionary<long, InvitePopup> Popups
    {
        get { return _popups; }
    }

    private void Start()
    {
        _client = GetComponent<RallypointBehaviour>().Client;
        _stack = InviteWidgets.Screen("Invites");
        DontDestroyOnLoad(_stack.parent.gameObject);
        _client.InviteReceived += OnReceived;
        _client.InviteChanged += OnChanged;
        _client.InviteRemoved += OnRemoved;
        // Those that rang before this script was there, oldest first, so that the newest ends on top.
        IReadOnlyList<Invite> waiting = _client.Invites.List();
        for (int i = waiting.Count - 1; i >= 0; i--)
        {
            OnReceived(waiting[i]);
        }
    }

    private void Update()
    {
        foreach (InvitePopup popup in _popups.Values)
        {
            popup.Refresh();
        }
    }

    private void OnDestroy()
    {
        if (_client == null)
        {
            return;
        }
        _client.InviteReceived -= OnReceived;
        _client.InviteChanged -= OnChanged;
        _client.InviteRemoved -= OnRemoved;
        if (_stack != null)
        {
            Destroy(_stack.parent.gameObject);
        }
    }

    private void OnReceived(Invite invite)
    {
        if (_popups.ContainsKey(invite.Id))
        {
            return;
        }
        InvitePopup popup = InvitePopup.Build(_stack, OnAccept, OnDecline);
        popup.transform.SetAsFirstSibling();
        popup.Show(invite);
        _popups.Add(invite.Id, popup);
        _client.Invites.MarkShown(invite.Id);
    }

    private void OnChanged(Invite invite)
    {
        InvitePopup popup;
        if (_popups.TryGetValue(invite.Id, out popup))
        {
            popup.Show(invite);
        }
    }

    private void OnRemoved(Invite invite, InviteRemovalReason reason)
    {
        InvitePopup popup;
        if (_popups.TryGetValue(invite.Id, out popup))
        {
            _popups.Remove(invite.Id);
            Destroy(popup.gameObject);
        }
    }

    private async void OnAccept(InvitePopup popup)
    {
        GameAccess game = null;
        bool accepted = await Answer(popup, async id => game = await _client.Invites.AcceptAsync(id));
        if (accepted && Accepted != null)
        {
            Accepted(game);
        }
    }

    private async void OnDecline(InvitePopup popup)
    {
        await Answer(popup, _client.Invites.DeclineAsync);
    }

    private async Task<bool> Answer(InvitePopup popup, Func<long, Task> answer)
    {
        long id = popup.Invite.Id;
        bool answered = false;
        popup.Lock();
        try
        {
            await answer(id);
            answered = true;
        }
        catch (RallypointException error)
        {
            if (_popups.ContainsKey(id))
            {
                popup.ShowError(error.Message);
            }
        }
        finally
        {
            // An invite that is over is removed by an event of its own. One that is still there (a full session, no
            // network) can be answered again.
            if (!answered && _popups.ContainsKey(id))
            {
                popup.Unlock();
            }
        }
        return answered;
    }
}
