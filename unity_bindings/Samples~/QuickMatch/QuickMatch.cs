using System;
using System.Diagnostics;
using System.Threading.Tasks;
using Rallypoint;
using UnityEngine;

/// <summary>
/// Quick match from the first button to the rematch: join the queue, watch the place in it, play over a WebSocket, see
/// the rating. Add it to the game object that has the <see cref="RallypointBehaviour"/>.
/// </summary>
public sealed class QuickMatch : MonoBehaviour
{
    private readonly Stopwatch _sincePlace = new Stopwatch();
    private readonly QuickMatchField _field = new QuickMatchField();
    private RallypointClient _client;
    private QuickMatchRematch _rematch;
    private QueueState _place;
    private RallypointGame _game;
    private RallypointUser _opponent;
    private string _words = "";
    private bool _busy;

    private void Start()
    {
        _client = GetComponent<RallypointBehaviour>().Client;
        _rematch = new QuickMatchRematch(_client, OnRematch, words => _words = words);
        _client.QueueChanged += OnQueueChanged;
        _client.MatchFound += OnMatchFound;
        _client.MatchCancelled += OnMatchCancelled;
        _client.MatchFinished += OnMatchFinished;
        Press(SignInAsync);
    }

    private void Update()
    {
        if (_game != null)
        {
            _game.Update();
        }
    }

    private void OnDestroy()
    {
        End();
        if (_client == null)
        {
            return;
        }
        _rematch.Dispose();
        _client.QueueChanged -= OnQueueChanged;
        _client.MatchFound -= OnMatchFound;
        _client.MatchCancelled -= OnMatchCancelled;
        _client.MatchFinished -= OnMatchFinished;
    }

    private void OnGUI()
    {
        if (_game != null && _game.State != null)
        {
            _field.Draw(_game);
        }
        GUILayout.BeginArea(new Rect(20f, 20f, 360f, 240f));
        GUILayout.Label(_words);
        if (_game != null)
        {
            DrawGame();
        }
        else if (_place != null && _place.Status == QueueStatus.Queued)
        {
            DrawPlace();
        }
        else if (_client != null && !_busy)
        {
            DrawMenu();
        }
        GUILayout.EndArea();
    }

    private void DrawMenu()
    {
        if (_client.User == null)
        {
            DrawSignIn();
            return;
        }
        if (GUILayout.Button("Quick match"))
        {
            Press(() => _client.Matchmaking.JoinQueueAsync());
        }
        if (_opponent != null && GUILayout.Button("Rematch"))
        {
            _words = "Waiting for " + _opponent.DisplayName + " …";
            Press(() => _rematch.OfferAsync(_opponent));
        }
    }

    private void DrawSignIn()
    {
        if (GUILayout.Button("Try again"))
        {
            Press(SignInAsync);
        }
    }

    private void DrawPlace()
    {
        GUILayout.Label("You are number " + _place.Position + " of " + _place.QueueSize + ".");
        GUILayout.Label("Waiting for " + Seconds(_place.Waited + _sincePlace.Elapsed) + ".");
        if (_place.Estimate.HasValue)
        {
            GUILayout.Label("Others have waited about " + Seconds(_place.Estimate.Value) + ".");
        }
        GUILayout.Label(_place.RatingWindow.HasValue
            ? "Looking for opponents within " + _place.RatingWindow + " of your " + _place.Rating + "."
            : "Looking for any opponent.");
        if (GUILayout.Button("Cancel"))
        {
            Press(() => _client.Matchmaking.LeaveQueueAsync());
        }
    }

    private void DrawGame()
    {
        GUILayout.Label(Headline(_game));
        bool over = _game.Link == GameLink.Closed || (_game.State != null && _game.State.Stage == GameStage.Finished);
        if (over && GUILayout.Button("Back"))
        {
            End();
        }
        else if (!over && GUILayout.Button("Give up"))
        {
            _game.Leave();
        }
    }

    private static string Headline(RallypointGame game)
    {
        switch (game.Link)
        {
            case GameLink.Connecting:
                return "Connecting …";
            case GameLink.Reconnecting:
                return "Connection lost. Trying again …";
            case GameLink.Closed:
                return game.Error != null ? game.Error.Message : "The game is over.";
        }
        switch (game.State.Stage)
        {
            case GameStage.WaitingForPlayers:
                return "Waiting for the opponent …";
            case GameStage.WaitingForReady:
                return "Get ready.";
            case GameStage.Paused:
                return "The opponent dropped out. " + Seconds(game.State.ResumeWithin) + " to come back.";
            case GameStage.Finished:
                return game.State.WinnerId == 0 ? "A draw."
                    : game.Me != null && game.State.WinnerId == game.Me.Id ? "You have won!" : "You have lost.";
            default:
                return "Up and down: W and S, or the arrow keys.";
        }
    }

    private void OnQueueChanged(QueueState place)
    {
        _place = place;
        _sincePlace.Restart();
    }

    private void OnMatchFound(MatchFound match)
    {
        Enter(RallypointGame.Connect(_client, match), match.Opponent);
    }

    private void OnRematch(RallypointGame game, RallypointUser opponent)
    {
        Enter(game, opponent);
        if (_place != null && _place.Status == QueueStatus.Queued)
        {
            Press(() => _client.Matchmaking.LeaveQueueAsync());
        }
    }

    private void OnMatchCancelled(MatchCancelled cancelled)
    {
        End();
        _words = cancelled.Message + (cancelled.IsRequeued ? " You are back at the front of the queue." : "");
    }

    private void OnMatchFinished(MatchFinished result)
    {
        string score = result.LeftScore + " : " + result.RightScore;
        _words = result.Rating == null
            ? score
            : score + ". Your rating: " + result.Rating.Before + " → " + result.Rating.After;
    }

    private void Enter(RallypointGame game, RallypointUser opponent)
    {
        End();
        _rematch.Withdraw();
        _game = game;
        _opponent = opponent;
        _words = "Against " + opponent.FullName;
        _game.Ready();
    }

    private void End()
    {
        if (_game != null)
        {
            _game.Dispose();
            _game = null;
        }
    }

    private async Task SignInAsync()
    {
        _words = "Signing in …";
        RallypointUser me = _client.User ?? await _client.SignInAsGuestAsync("Player");
        _words = "Welcome, " + me.FullName + ".";
    }

    private async void Press(Func<Task> action)
    {
        _busy = true;
        try
        {
            await action();
        }
        catch (RallypointException error)
        {
            _words = error.Message;
        }
        finally
        {
            _busy = false;
        }
    }

    private static string Seconds(TimeSpan time)
    {
        return (int)time.TotalSeconds + " s";
    }
}
