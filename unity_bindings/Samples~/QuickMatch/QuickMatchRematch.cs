using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Rallypoint;

/// <summary>
/// A second game against the same opponent: a session with an invite, which the other side's own press accepts. If both
/// press at once, the invite of the smaller user id counts.
/// </summary>
internal sealed class QuickMatchRematch : IDisposable
{
    private readonly RallypointClient _client;
    private readonly Action<RallypointGame, RallypointUser> _enter;
    private readonly Action<string> _say;
    private readonly Dictionary<long, RallypointUser> _offered = new Dictionary<long, RallypointUser>();
    private SentInvite _sent;

    internal QuickMatchRematch(
        RallypointClient client,
        Action<RallypointGame, RallypointUser> enter,
        Action<string> say)
    {
        _client = client;
        _enter = enter;
        _say = say;
        _client.InviteReceived += OnReceived;
        _client.SentInviteChanged += OnSentChanged;
    }

    public void Dispose()
    {
        _client.InviteReceived -= OnReceived;
        _client.SentInviteChanged -= OnSentChanged;
    }

    /// <summary>Accepts the opponent's invite if it rings, else sends one.</summary>
    /// <param name="opponent">Whom to play again.</param>
    internal async Task OfferAsync(RallypointUser opponent)
    {
        Invite theirs = From(opponent.Id);
        if (theirs != null)
        {
            await AcceptAsync(theirs, opponent);
            return;
        }
        var settings = new SessionSettings { Name = "Rematch" };
        Session session = await _client.Sessions.CreateAsync(settings);
        SentInvite sent = await SendAsync(opponent, session);
        if (_offered.ContainsKey(opponent.Id))
        {
            _sent = sent;
            await GiveWayAsync();
        }
    }

    private async Task<SentInvite> SendAsync(RallypointUser opponent, Session session)
    {
        // Remembered before the call: the opponent's answer may be faster than the reply.
        bool isFirst = !_offered.ContainsKey(opponent.Id);
        _offered[opponent.Id] = opponent;
        try
        {
            return await _client.Invites.SendAsync(opponent.Id, session.Code);
        }
        catch (RallypointException)
        {
            // An earlier offer may still wait for its answer.
            if (isFirst)
            {
                _offered.Remove(opponent.Id);
            }
            throw;
        }
    }

    private async void OnReceived(Invite invite)
    {
        _client.Invites.MarkShown(invite.Id);
        try
        {
            await GiveWayAsync();
        }
        catch (RallypointException)
        {
            // It went in the moment that it came; one's own invite still rings.
        }
    }

    /// <summary>Where both have sent an invite, takes the opponent's if that is the one which counts.</summary>
    private async Task GiveWayAsync()
    {
        Invite theirs = _sent == null ? null : From(_sent.ReceiverId);
        if (theirs != null && theirs.SenderId < _client.User.Id)
        {
            string mine = _sent.SessionCode;
            await AcceptAsync(theirs, _offered[theirs.SenderId]);
            await _client.Sessions.CloseAsync(mine);
        }
    }

    private Invite From(long senderId)
    {
        foreach (Invite invite in _client.Invites.List())
        {
            if (invite.SenderId == senderId)
            {
                return invite;
            }
        }
        return null;
    }

    private async void OnSentChanged(SentInviteUpdate news)
    {
        RallypointUser opponent;
        if (news.Progress != SentInviteProgress.Accepted || !_offered.TryGetValue(news.ReceiverId, out opponent))
        {
            return;
        }
        try
        {
            GameAccess access = await _client.Sessions.AccessAsync(news.SessionCode);
            Enter(access.GameId, opponent);
        }
        catch (RallypointException error)
        {
            _say(error.Message);
        }
    }

    private async Task AcceptAsync(Invite invite, RallypointUser opponent)
    {
        GameAccess access = await _client.Invites.AcceptAsync(invite.Id);
        Enter(access.GameId, opponent);
    }

    private void Enter(string gameId, RallypointUser opponent)
    {
        _offered.Remove(opponent.Id);
        _sent = null;
        _enter(RallypointGame.Connect(_client, gameId), opponent);
    }
}
