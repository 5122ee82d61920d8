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
    private IReadOnlyList<string> _maps = new string[0];
    private int _map;
    private long _sent;

    internal FriendsChallenges(RallypointClient client, Action<GameAccess> enter, Action<string> say)
    {
        _client = client;
        _enter = enter;
        _say = say;
        _client.InviteReceived += OnReceived;
        _client.InviteRemoved += OnRemoved;
        _client.SentInviteChanged += OnSentChanged;
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

    internal async Task LoadMapsAsync()
    {
        _maps = await _client.Friends.MapsAsync();
    }

    internal void NextMap()
    {
        _map = (_map + 1) % _maps.Count;
    }

    internal async Task ChallengeAsync(RallypointUser friend)
    {
        SentInvite sent = await _client.Friends.ChallengeAsync(friend.Id, Map);
        _sent = sent.Id;
        _say("Waiting for " + friend.DisplayName + " on " + sent.Map + " …");
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
        if (news.InviteId != _sent)
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
