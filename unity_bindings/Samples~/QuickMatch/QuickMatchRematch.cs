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
        foreach (Invite invite in _client.Invites.List())
        {
            if (invite.SenderId == opponent.Id)
            {
                await AcceptAsync(invite);
                return;
            }
        }
        var settings = new SessionSettings { Name = "Rematch" };
        Session session = await _client.Sessions.CreateAsync(settings);
        _gameId = session.GameId;
        _sent = await _client.Invites.SendAsync(opponent.Id, session.Code);
    }

    private async void OnReceived(Invite invite)
    {
        _client.Invites.MarkShown(invite.Id);
        bool theirs = _opponent != null && invite.SenderId == _opponent.Id && _opponent.Id < _client.User.Id;
        if (theirs && _gameId != null)
        {
            try
            {
                await AcceptAsync(invite);
            }
            catch (RallypointException)
            {
                // It went in the moment that it came; one's own invite still rings.
            }
        }
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
