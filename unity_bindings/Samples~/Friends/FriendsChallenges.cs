using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Rallypoint;

/// <summary>Challenges among friends, from both sides, up to the match.</summary>
internal sealed class FriendsChallenges : IDisposable
{
    private readonly RallypointClient _client;
    private readonly Action<GameAccess> _enter;
    private readonly Action<string> _say;
    private readonly HashSet<long> _challenged = new HashSet<long>();
    private IReadOnlyList<string> _maps = new string[0];
    private int _map;

    internal FriendsChallenges(RallypointClient client, Action<GameAccess> enter, Action<string> say)
    {
        _client = client;
        _enter = enter;
        _say = say;
        _client.InviteReceived += OnReceived;
        _client.InviteRemoved += OnRemoved;
        _client.SentInviteChanged += OnSentChanged;
        // One may have rung before.
        Ring();
    }

    /// <summary>The map to play on; null until the maps are known.</summary>
    internal string Map
    {
        get { return _maps.Count == 0 ? null : _maps[_map]; }
    }

    /// <summary>The challenge to answer; null while there is none.</summary>
    internal Invite Ringing { get; private set; }

    public void Dispose()
    {
        _client.InviteReceived -= OnReceived;
        _client.InviteRemoved -= OnRemoved;
        _client.SentInviteChanged -= OnSentChanged;
    }

    /// <summary>Asks for the maps, unless they are known already.</summary>
    internal async Task LoadMapsAsync()
    {
        if (_maps.Count > 0)
        {
            return;
        }
        _maps = await _client.Friends.MapsAsync();
        if (_maps.Count == 0)
        {
            _say("This server has no maps.");
        }
    }

    internal void NextMap()
    {
        _map = (_map + 1) % _maps.Count;
    }

    internal async Task ChallengeAsync(RallypointUser friend)
    {
        await LoadMapsAsync();
        if (Map == null)
        {
            return;
        }
        // Remembered before the call: the friend's answer may be faster than the reply.
        bool isFirst = _challenged.Add(friend.Id);
        _say("Waiting for " + friend.DisplayName + " on " + Map + " …");
        try
        {
            await _client.Friends.ChallengeAsync(friend.Id, Map);
        }
        catch (RallypointException)
        {
            // An earlier challenge may still wait for its answer.
            if (isFirst)
            {
                _challenged.Remove(friend.Id);
            }
            throw;
        }
    }

    internal async Task AcceptAsync(Invite challenge)
    {
        _enter(await _client.Invites.AcceptAsync(challenge.Id));
    }

    private void OnReceived(Invite invite)
    {
        Ring();
    }

    private void OnRemoved(Invite invite, InviteRemovalReason reason)
    {
        Ring();
    }

    /// <summary>Shows the challenge that has waited longest.</summary>
    private void Ring()
    {
        Ringing = null;
        foreach (Invite invite in _client.Invites.List())
        {
            if (invite.Kind == InviteKind.Map)
            {
                Ringing = invite;
            }
        }
        if (Ringing != null)
        {
            _client.Invites.MarkShown(Ringing.Id);
        }
    }

    private async void OnSentChanged(SentInviteUpdate news)
    {
        if (!_challenged.Contains(news.ReceiverId))
        {
            return;
        }
        if (news.Progress != SentInviteProgress.Accepted)
        {
            _say(Describe(news.Progress));
            return;
        }
        try
        {
            _enter(await _client.Sessions.AccessAsync(news.SessionCode));
        }
        catch (RallypointException error)
        {
            _say(error.Message);
        }
    }

    private static string Describe(SentInviteProgress progress)
    {
        switch (progress)
        {
            case SentInviteProgress.Seen:
                return "Your challenge was seen.";
            case SentInviteProgress.Declined:
                return "Your challenge was declined.";
            case SentInviteProgress.Expired:
                return "Nobody answered your challenge.";
            default:
                return "Your challenge is over.";
        }
    }
}
