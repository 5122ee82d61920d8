using System;
using System.Threading.Tasks;
using Rallypoint;
using UnityEngine;

/// <summary>
/// Friends on one screen: who is there, who asks, whom to ask, and a challenge on a map. Add it to the game object that
/// has the <see cref="RallypointBehaviour"/>.
/// </summary>
public sealed class FriendsPanel : MonoBehaviour
{
    private RallypointClient _client;
    private FriendsChallenges _challenges;
    private FriendList _list;
    private string _name = "";
    private string _words = "";
    private Vector2 _scroll;
    private bool _busy;

    /// <summary>
    /// A challenge was accepted, by either side: here is the match. Call <see cref="EndMatch"/> when it is over; until
    /// then, a friend who accepts another challenge waits for a press of a button.
    /// </summary>
    public event Action<GameAccess> MatchReady;

    /// <summary>The match is over: the next one may begin as soon as a friend accepts.</summary>
    public void EndMatch()
    {
        if (_challenges != null)
        {
            _challenges.EndMatch();
        }
    }

    private void Start()
    {
        _client = GetComponent<RallypointBehaviour>().Client;
        _challenges = new FriendsChallenges(_client, OnMatchReady, words => _words = words);
        _client.FriendsChanged += OnFriendsChanged;
        _client.FriendRequested += OnFriendRequested;
        _client.FriendAccepted += OnFriendAccepted;
        Press(SignInAsync);
    }

    private void OnDestroy()
    {
        if (_client == null)
        {
            return;
        }
        _challenges.Dispose();
        _client.FriendsChanged -= OnFriendsChanged;
        _client.FriendRequested -= OnFriendRequested;
        _client.FriendAccepted -= OnFriendAccepted;
    }

    private void OnGUI()
    {
        GUILayout.BeginArea(new Rect(20f, 20f, 480f, Screen.height - 40f));
        GUILayout.Label(_words);
        if (_client != null && _client.User == null)
        {
            DrawSignIn();
        }
        else if (_list != null)
        {
            DrawWaiting();
            DrawChallenge();
            DrawSearch();
            _scroll = GUILayout.BeginScrollView(_scroll);
            DrawRequests();
            DrawFriends();
            GUILayout.EndScrollView();
        }
        GUILayout.EndArea();
    }

    private void DrawSignIn()
    {
        if (Pressed("Try again"))
        {
            Press(SignInAsync);
        }
    }

    private void DrawWaiting()
    {
        RallypointUser friend = _challenges.Waiting;
        if (friend == null)
        {
            return;
        }
        GUILayout.Label(friend.DisplayName + " is ready to play, when you are.");
        if (Pressed("Play with " + friend.DisplayName))
        {
            Press(_challenges.PlayAsync);
        }
        if (Pressed("Not with " + friend.DisplayName))
        {
            Press(_challenges.CloseAsync);
        }
    }

    private void DrawChallenge()
    {
        Invite challenge = _challenges.Ringing;
        if (challenge == null)
        {
            return;
        }
        GUILayout.Label(
            challenge.SenderName + " challenges you on " + challenge.Map + ". " + challenge.RemainingSeconds + " s");
        if (Pressed("Play"))
        {
            Press(() => _challenges.AcceptAsync(challenge));
        }
        if (Pressed("Not now"))
        {
            Press(() => _client.Invites.DeclineAsync(challenge.Id));
        }
    }

    private void DrawSearch()
    {
        _name = GUILayout.TextField(_name);
        if (_name.Length > 0 && Pressed("Ask"))
        {
            string name = _name.Trim();
            Press(async () =>
            {
                Friend asked = await _client.Friends.RequestAsync(name);
                _name = "";
                _words = asked.IsAccepted ? "You are friends." : "You have asked " + asked.User.DisplayName + ".";
            });
        }
    }

    private void DrawRequests()
    {
        foreach (Friend request in _list.Requests)
        {
            string name = request.User.DisplayName;
            if (!request.IsIncoming)
            {
                GUILayout.Label("Waiting for " + request.User.FullName);
                if (Pressed("Take back " + name))
                {
                    Press(() => _client.Friends.RemoveAsync(request.FriendshipId));
                }
                continue;
            }
            GUILayout.Label(request.User.FullName + " asks for your friendship");
            if (Pressed("Accept " + name))
            {
                Press(() => _client.Friends.AcceptAsync(request.FriendshipId));
            }
            if (Pressed("Decline " + name))
            {
                Press(() => _client.Friends.DeclineAsync(request.FriendshipId));
            }
        }
    }

    private void DrawFriends()
    {
        if (_list.Friends.Count > 0)
        {
            DrawMap();
        }
        foreach (Friend friend in _list.Friends)
        {
            string name = friend.User.DisplayName;
            GUILayout.Label(friend.User.FullName + ": " + Describe(friend.Presence));
            bool free = friend.Presence.IsOnline && !friend.Presence.IsInGame;
            if (free && Pressed("Challenge " + name))
            {
                Press(() => _challenges.ChallengeAsync(friend.User));
            }
            if (Pressed("Remove " + name))
            {
                Press(() => _client.Friends.RemoveAsync(friend.FriendshipId));
            }
            if (Pressed("Block " + name))
            {
                Press(() => _client.Friends.BlockAsync(friend.User.Id));
            }
        }
    }

    private void DrawMap()
    {
        if (_challenges.Map == null)
        {
            if (Pressed("Choose a map"))
            {
                Press(_challenges.LoadMapsAsync);
            }
        }
        else if (Pressed("Map: " + _challenges.Map))
        {
            _challenges.NextMap();
        }
    }

    private static string Describe(Presence presence)
    {
        string there = presence.IsInGame ? "in a game" : presence.IsOnline ? "online" : "offline";
        return presence.Status.Length == 0 ? there : there + ", " + presence.Status;
    }

    private void OnFriendsChanged(FriendList list)
    {
        _list = list;
    }

    private void OnFriendRequested(Friend friend)
    {
        _words = friend.User.FullName + " asks for your friendship.";
    }

    private void OnFriendAccepted(Friend friend)
    {
        _words = friend.User.FullName + " is your friend.";
    }

    private void OnMatchReady(GameAccess match)
    {
        _words = "The match is ready.";
        Action<GameAccess> handlers = MatchReady;
        if (handlers != null)
        {
            handlers(match);
        }
    }

    private async Task SignInAsync()
    {
        _words = "Signing in …";
        RallypointUser me = _client.User ?? await _client.SignInAsGuestAsync("Player");
        _words = "Friends find you as " + me.Username + ".";
        _list = _client.Friends.State;
    }

    private bool Pressed(string caption)
    {
        return !_busy && GUILayout.Button(caption);
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
}
