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
    private readonly List<Offer> _offers = new List<Offer>();
    private readonly List<string> _spent = new List<string>();
    private string _played;

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
        Withdraw();
    }

    /// <summary>Accepts the opponent's invite if it rings, else sends one.</summary>
    /// <param name="opponent">Whom to play again.</param>
    internal async Task OfferAsync(RallypointUser opponent)
    {
        var offer = new Offer(opponent);
        // Remembered before the call: the opponent's answer may be faster than the reply.
        _offers.Add(offer);
        try
        {
            Invite theirs = From(opponent.Id);
            if (theirs != null)
            {
                await AcceptAsync(theirs, offer);
                return;
            }
            await SendAsync(offer);
            await GiveWayAsync();
        }
        catch (RallypointException)
        {
            Drop(offer);
            throw;
        }
    }

    /// <summary>Takes back what is offered, as when another game begins: whoever accepts then waits in vain.</summary>
    internal void Withdraw()
    {
        foreach (Offer offer in _offers.ToArray())
        {
            Drop(offer);
        }
    }

    private async Task SendAsync(Offer offer)
    {
        // The last game in it is over by now.
        Close(_played);
        _played = null;
        Session session = await _client.Sessions.CreateAsync(new SessionSettings { Name = "Rematch" });
        if (!_offers.Contains(offer))
        {
            Close(session.Code);
            return;
        }
        offer.SessionCode = session.Code;
        SentInvite sent = await _client.Invites.SendAsync(offer.Opponent.Id, session.Code);
        offer.InviteId = sent.Id;
        SentInviteUpdate early = offer.Early.FindLast(offer.IsMeant);
        if (early != null && _offers.Contains(offer))
        {
            Follow(offer, early);
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
        foreach (Offer offer in _offers.ToArray())
        {
            Invite theirs = offer.InviteId == 0 ? null : From(offer.Opponent.Id);
            bool counts = theirs != null && theirs.SenderId < _client.User.Id;
            if (counts && theirs.State == InviteState.Ringing && _offers.Contains(offer))
            {
                await AcceptAsync(theirs, offer);
            }
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

    private void OnSentChanged(SentInviteUpdate news)
    {
        Offer offer = _offers.Find(one => one.IsMeant(news));
        if (offer != null)
        {
            Follow(offer, news);
            return;
        }
        foreach (Offer sending in _offers)
        {
            if (sending.InviteId == 0 && sending.Opponent.Id == news.ReceiverId)
            {
                sending.Early.Add(news);
            }
        }
    }

    private void Follow(Offer offer, SentInviteUpdate news)
    {
        string name = offer.Opponent.DisplayName;
        switch (news.Progress)
        {
            case SentInviteProgress.Accepted:
                Play(offer);
                break;
            case SentInviteProgress.Declined:
                Drop(offer);
                _say(name + " doesn't want another match.");
                break;
            case SentInviteProgress.Expired:
                Drop(offer);
                _say(name + " didn't answer in time.");
                break;
            case SentInviteProgress.Cancelled:
                Drop(offer);
                _say(name + " is no longer invited.");
                break;
        }
    }

    private async void Play(Offer offer)
    {
        try
        {
            GameAccess access = await _client.Sessions.AccessAsync(offer.SessionCode);
            // Unless another game has begun meanwhile.
            if (_offers.Contains(offer))
            {
                Enter(access.GameId, offer);
            }
        }
        catch (RallypointException error)
        {
            Drop(offer);
            _say(error.Message);
        }
    }

    private async Task AcceptAsync(Invite invite, Offer offer)
    {
        GameAccess access = await _client.Invites.AcceptAsync(invite.Id);
        if (_offers.Contains(offer))
        {
            Close(offer.SessionCode);
            offer.SessionCode = null;
            Enter(access.GameId, offer);
            return;
        }
        // Another game has begun meanwhile: the opponent shall not wait.
        await _client.Sessions.LeaveAsync(access.SessionCode);
    }

    private void Enter(string gameId, Offer offer)
    {
        _offers.Remove(offer);
        _played = offer.SessionCode;
        _enter(RallypointGame.Connect(_client, gameId), offer.Opponent);
    }

    private void Drop(Offer offer)
    {
        if (_offers.Remove(offer))
        {
            Close(offer.SessionCode);
        }
    }

    /// <summary>Closes a session that nobody needs any more, and those that could not be closed before.</summary>
    /// <param name="sessionCode">The session; null where there is none.</param>
    private async void Close(string sessionCode)
    {
        if (sessionCode != null)
        {
            _spent.Add(sessionCode);
        }
        foreach (string code in _spent.ToArray())
        {
            try
            {
                await _client.Sessions.CloseAsync(code);
                _spent.Remove(code);
            }
            catch (RallypointException error)
            {
                if (!error.IsRetryable)
                {
                    _spent.Remove(code);
                }
            }
        }
    }

    /// <summary>What one has asked an opponent.</summary>
    private sealed class Offer
    {
        internal Offer(RallypointUser opponent)
        {
            Opponent = opponent;
        }

        internal RallypointUser Opponent { get; }

        /// <summary>Null while there is no session of one's own.</summary>
        internal string SessionCode { get; set; }

        /// <summary>0 before the reply.</summary>
        internal long InviteId { get; set; }

        /// <summary>What came before the reply, of invites to this opponent.</summary>
        internal List<SentInviteUpdate> Early { get; } = new List<SentInviteUpdate>();

        internal bool IsMeant(SentInviteUpdate news)
        {
            return news.Progress == SentInviteProgress.Accepted
                ? news.SessionCode == SessionCode
                : news.InviteId == InviteId;
        }
    }
}
