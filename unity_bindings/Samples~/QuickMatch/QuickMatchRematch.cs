using System;
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
    private RallypointUser _opponent;
    private SentInvite _sent;
    private string _gameId;

    internal QuickMatchRematch(RallypointClient client, Action<RallypointGame, RallypointUser> enter)
    {
        _client = client;
        _enter = enter;
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
        _opponent = opponent;
        Invite theirs = Theirs();
        if (theirs != null)
        {
            await AcceptAsync(theirs);
            return;
        }
        var settings = new SessionSettings { Name = "Rematch" };
        Session session = await _client.Sessions.CreateAsync(settings);
        _gameId = session.GameId;
        _sent = await _client.Invites.SendAsync(opponent.Id, session.Code);
        await GiveWayAsync();
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
        Invite theirs = _sent == null ? null : Theirs();
        if (theirs != null && theirs.SenderId < _client.User.Id)
        {
            string mine = _sent.SessionCode;
            await AcceptAsync(theirs);
            await _client.Sessions.CloseAsync(mine);
        }
    }

    private Invite Theirs()
    {
        foreach (Invite invite in _client.Invites.List())
        {
            if (_opponent != null && invite.SenderId == _opponent.Id)
            {
                return invite;
            }
        }
        return null;
    }

    private void OnSentChanged(SentInviteUpdate news)
    {
        if (_sent != null && news.InviteId == _sent.Id && news.Progress == SentInviteProgress.Accepted)
        {
            Enter(_gameId);
        }
    }

    private async Task AcceptAsync(Invite invite)
    {
        GameAccess access = await _client.Invites.AcceptAsync(invite.Id);
        Enter(access.GameId);
    }

    private void Enter(string gameId)
    {
        RallypointUser opponent = _opponent;
        _opponent = null;
        _sent = null;
        _gameId = null;
        _enter(RallypointGame.Connect(_client, gameId), opponent);
    }
}
