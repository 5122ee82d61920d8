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
    private readonly List<Challenge> _challenges = new List<Challenge>();
    private readonly List<Challenge> _ready = new List<Challenge>();
    private IReadOnlyList<string> _maps = new string[0];
    private int _map;
    private string _played;

    internal FriendsChallenges(RallypointClient client, Action<GameAccess> enter, Action<string> say)
    {
        _client = client;
        _enter = enter;
        _say = say;
        _client.InviteReceived += OnReceived;
        _client.InviteRemoved += OnRemoved;
        _client.SentInviteChanged += OnSentChanged;
        _client.SessionUpdated += OnSessionUpdated;
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

    /// <summary>Who has accepted while another match was played; null while nobody waits.</summary>
    internal RallypointUser Waiting
    {
        get { return _ready.Count == 0 ? null : _ready[0].Friend; }
    }

    public void Dispose()
    {
        _client.InviteReceived -= OnReceived;
        _client.InviteRemoved -= OnRemoved;
        _client.SentInviteChanged -= OnSentChanged;
        _client.SessionUpdated -= OnSessionUpdated;
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
        var challenge = new Challenge(friend);
        _challenges.Add(challenge);
        _say("Waiting for " + friend.DisplayName + " on " + Map + " …");
        try
        {
            SentInvite sent = await _client.Friends.ChallengeAsync(friend.Id, Map);
            challenge.InviteId = sent.Id;
        }
        catch (RallypointException)
        {
            _challenges.Remove(challenge);
            throw;
        }
        SentInviteUpdate early = challenge.Early.FindLast(challenge.IsMeant);
        if (early != null && _challenges.Contains(challenge))
        {
            Follow(challenge, early);
        }
    }

    internal async Task AcceptAsync(Invite challenge)
    {
        // Before the call, so that a friend who accepts meanwhile waits.
        string before = _played;
        _played = "";
        GameAccess access;
        try
        {
            access = await _client.Invites.AcceptAsync(challenge.Id);
        }
        catch (RallypointException)
        {
            _played = before;
            throw;
        }
        _played = access.SessionCode;
        _enter(access);
    }

    /// <summary>Plays with who is <see cref="Waiting"/>.</summary>
    internal async Task PlayAsync()
    {
        Challenge challenge = _ready[0];
        await EnterAsync(challenge.SessionCode);
        _ready.Remove(challenge);
    }

    /// <summary>Lets who is <see cref="Waiting"/> go.</summary>
    internal async Task CloseAsync()
    {
        string code = _ready[0].SessionCode;
        _ready.RemoveAt(0);
        await _client.Sessions.CloseAsync(code);
    }

    /// <summary>The match is over: the next one may begin at once.</summary>
    internal void EndMatch()
    {
        _played = null;
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

    private void OnSentChanged(SentInviteUpdate news)
    {
        Challenge challenge = _challenges.Find(one => one.IsMeant(news));
        if (challenge != null)
        {
            Follow(challenge, news);
            return;
        }
        foreach (Challenge sending in _challenges)
        {
            if (sending.InviteId == 0 && sending.Friend.Id == news.ReceiverId)
            {
                sending.Early.Add(news);
            }
        }
    }

    private void Follow(Challenge challenge, SentInviteUpdate news)
    {
        string name = challenge.Friend.DisplayName;
        switch (news.Progress)
        {
            case SentInviteProgress.Seen:
                _say(name + " sees your challenge.");
                break;
            case SentInviteProgress.Accepted:
                _challenges.Remove(challenge);
                challenge.SessionCode = news.SessionCode;
                Begin(challenge);
                break;
            case SentInviteProgress.Declined:
                _challenges.Remove(challenge);
                _say(name + " doesn't want to play.");
                break;
            case SentInviteProgress.Expired:
                _challenges.Remove(challenge);
                _say(name + " didn't answer in time.");
                break;
            case SentInviteProgress.Cancelled:
                _challenges.Remove(challenge);
                _say(name + " is no longer challenged.");
                break;
        }
    }

    private async void Begin(Challenge challenge)
    {
        if (_played != null)
        {
            _ready.Add(challenge);
            return;
        }
        try
        {
            await EnterAsync(challenge.SessionCode);
        }
        catch (RallypointException error)
        {
            _say(error.Message);
        }
    }

    private async Task EnterAsync(string sessionCode)
    {
        // Before the call, so that of two who accept at once the second one waits.
        string before = _played;
        _played = sessionCode;
        try
        {
            _enter(await _client.Sessions.AccessAsync(sessionCode));
        }
        catch (RallypointException)
        {
            _played = before;
            throw;
        }
    }

    private void OnSessionUpdated(Session session)
    {
        if (session.IsActive)
        {
            return;
        }
        _ready.RemoveAll(one => one.SessionCode == session.Code);
        if (_played == session.Code)
        {
            _played = null;
        }
    }

    /// <summary>A challenge of one's own.</summary>
    private sealed class Challenge
    {
        internal Challenge(RallypointUser friend)
        {
            Friend = friend;
        }

        internal RallypointUser Friend { get; }

        /// <summary>0 before the reply.</summary>
        internal long InviteId { get; set; }

        /// <summary>Null until it is accepted.</summary>
        internal string SessionCode { get; set; }

        /// <summary>What came before the reply, of invites to this friend.</summary>
        internal List<SentInviteUpdate> Early { get; } = new List<SentInviteUpdate>();

        internal bool IsMeant(SentInviteUpdate news)
        {
            return InviteId == 0
                ? news.ReceiverId == Friend.Id && news.Progress == SentInviteProgress.Accepted
                : news.InviteId == InviteId;
        }
    }
}
