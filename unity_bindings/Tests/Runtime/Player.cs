using System;
using System.Collections.Generic;

namespace Rallypoint.Tests
{
    /// <summary>A client, and everything that it was told.</summary>
    public sealed class Player
    {
        /// <summary>Makes the client, with short pauses so that tests are quick.</summary>
        public Player(string name, string url)
        {
            Name = name;
            var options = new RallypointOptions
            {
                PollIntervalMin = TimeSpan.FromMilliseconds(200),
                PollIntervalMax = TimeSpan.FromMilliseconds(400),
                ReconnectMin = TimeSpan.FromMilliseconds(100),
                ReconnectMax = TimeSpan.FromMilliseconds(300),
                RequestTimeout = TimeSpan.FromSeconds(5),
            };
            Client = new RallypointClient(url, options);
            Client.InviteReceived += Received.Add;
            Client.InviteChanged += Changed.Add;
            Client.InviteRemoved += (invite, reason) =>
                Removed.Add(new KeyValuePair<long, InviteRemovalReason>(invite.Id, reason));
            Client.SentInviteChanged += News.Add;
            Client.LinkChanged += Links.Add;
            Client.SessionUpdated += Sessions.Add;
            Client.JoinRequested += Joins.Add;
            Client.SignedOut += Farewells.Add;
            Client.FriendRequested += Asked.Add;
            Client.FriendAccepted += Befriended.Add;
            Client.FriendRemoved += Unfriended.Add;
            Client.FriendsChanged += list => Friends = list;
            Client.QueueChanged += Places.Add;
            Client.MatchFound += Matches.Add;
            Client.MatchCancelled += Cancellations.Add;
            Client.MatchFinished += Results.Add;
        }

        public string Name { get; }

        public RallypointClient Client { get; }

        public List<Invite> Received { get; } = new List<Invite>();

        public List<Invite> Changed { get; } = new List<Invite>();

        public List<KeyValuePair<long, InviteRemovalReason>> Removed { get; } =
            new List<KeyValuePair<long, InviteRemovalReason>>();

        public List<SentInviteUpdate> News { get; } = new List<SentInviteUpdate>();

        public List<LinkState> Links { get; } = new List<LinkState>();

        public List<Session> Sessions { get; } = new List<Session>();

        public List<string> Joins { get; } = new List<string>();

        public List<RallypointException> Farewells { get; } = new List<RallypointException>();

        public List<Friend> Asked { get; } = new List<Friend>();

        public List<Friend> Befriended { get; } = new List<Friend>();

        public List<Friend> Unfriended { get; } = new List<Friend>();

        /// <summary>As the last event told them; null before the first.</summary>
        public FriendList Friends { get; private set; }

        public List<QueueState> Places { get; } = new List<QueueState>();

        public List<MatchFound> Matches { get; } = new List<MatchFound>();

        public List<MatchCancelled> Cancellations { get; } = new List<MatchCancelled>();

        public List<MatchFinished> Results { get; } = new List<MatchFinished>();

        public long Id
        {
            get { return Client.User.Id; }
        }

        /// <summary>Whether an invite of this player's has come this far.</summary>
        public bool Heard(long inviteId, SentInviteProgress progress)
        {
            return News.Exists(news => news.InviteId == inviteId && news.Progress == progress);
        }

        /// <summary>Whether this invite left the queue for this reason.</summary>
        public bool Lost(long inviteId, InviteRemovalReason reason)
        {
            return Removed.Contains(new KeyValuePair<long, InviteRemovalReason>(inviteId, reason));
        }
    }
}
