using System;
using System.Collections.Generic;

namespace Rallypoint.Native
{
    /// <summary>From the library's events and structures to the package's types.</summary>
    internal static class NativeReader
    {
        internal static readonly QueueState NotInQueue =
            new QueueState(QueueStatus.Idle, 0, 0, 0, TimeSpan.Zero, null, 0, null, null);

        private static readonly DateTime Epoch = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);

        internal static object Nothing(NativeEvent completion, IReadOnlyList<NativeEvent> rows)
        {
            return null;
        }

        internal static RallypointUser User(NativeEvent completion, IReadOnlyList<NativeEvent> rows)
        {
            return User(completion);
        }

        internal static IReadOnlyList<RallypointUser> Users(NativeEvent completion, IReadOnlyList<NativeEvent> rows)
        {
            return All(rows, User);
        }

        internal static IReadOnlyList<Presence> Presences(NativeEvent completion, IReadOnlyList<NativeEvent> rows)
        {
            return All(rows, Presence);
        }

        internal static IReadOnlyList<SentInvite> SentInvites(NativeEvent completion, IReadOnlyList<NativeEvent> rows)
        {
            return All(rows, SentInvite);
        }

        internal static IReadOnlyList<Friend> Friends(NativeEvent completion, IReadOnlyList<NativeEvent> rows)
        {
            return All(rows, row => row.Friend);
        }

        internal static Friend Friend(NativeEvent completion, IReadOnlyList<NativeEvent> rows)
        {
            return completion.Friend;
        }

        internal static IReadOnlyList<FriendSuggestion> Suggestions(
            NativeEvent completion,
            IReadOnlyList<NativeEvent> rows)
        {
            return All(rows, row => new FriendSuggestion(User(row), row.Raw.Count));
        }

        internal static IReadOnlyList<string> Maps(NativeEvent completion, IReadOnlyList<NativeEvent> rows)
        {
            return All(rows, row => row.Map);
        }

        internal static InviteTrace Trace(NativeEvent completion, IReadOnlyList<NativeEvent> rows)
        {
            return new InviteTrace(
                completion.Raw.InviteId,
                Known<InviteKind>(completion.Raw.Kind),
                Known<InviteStatus>(completion.Raw.Status),
                completion.Raw.UserId,
                All(rows, TraceStep));
        }

        internal static Session Session(NativeEvent completion, IReadOnlyList<NativeEvent> rows)
        {
            return Session(completion);
        }

        internal static SentInvite SentInvite(NativeEvent completion, IReadOnlyList<NativeEvent> rows)
        {
            return SentInvite(completion);
        }

        internal static GameAccess GameAccess(NativeEvent completion, IReadOnlyList<NativeEvent> rows)
        {
            return new GameAccess(
                completion.SessionCode,
                completion.ServerIp,
                completion.Raw.ServerPort,
                completion.GameId,
                completion.ConnectToken);
        }

        internal static QueueState Queue(NativeEvent completion, IReadOnlyList<NativeEvent> rows)
        {
            return completion.Queue ?? NotInQueue;
        }

        internal static bool Forfeited(NativeEvent completion, IReadOnlyList<NativeEvent> rows)
        {
            return completion.Raw.Forfeited != 0;
        }

        internal static QueueState Queue(ref RpQueue about)
        {
            var status = Known<QueueStatus>(about.State);
            bool queued = status == QueueStatus.Queued;
            return new QueueState(
                status,
                about.TicketId,
                about.Position,
                about.QueueSize,
                TimeSpan.FromMilliseconds(about.WaitedMs),
                queued && about.EstimateMs >= 0 ? TimeSpan.FromMilliseconds(about.EstimateMs) : (TimeSpan?)null,
                about.Rating,
                queued && about.Window >= 0 ? about.Window : (int?)null,
                status == QueueStatus.Matched ? Match(ref about) : null);
        }

        internal static MatchCancelled MatchCancelled(NativeEvent about)
        {
            return new MatchCancelled(
                about.GameId,
                Known<MatchCancelReason>(about.MatchEnd.Reason),
                about.MatchEnd.Requeued != 0,
                about.Message);
        }

        internal static MatchFinished MatchFinished(NativeEvent about)
        {
            RpMatchEnd end = about.MatchEnd;
            return new MatchFinished(
                about.GameId,
                end.WinnerId,
                Known<MatchFinishReason>(end.Reason),
                end.ScoreLeft,
                end.ScoreRight,
                end.Rated != 0 ? new RatingChange(end.RatingBefore, end.RatingAfter) : null);
        }

        internal static Friend Friend(ref RpFriend about)
        {
            RallypointUser user = User(ref about.User);
            bool accepted = about.Status == (int)InviteStatus.Accepted;
            return new Friend(
                about.FriendshipId,
                user,
                accepted,
                about.Incoming != 0,
                about.SinceMs == 0 ? (DateTime?)null : Epoch.AddMilliseconds(about.SinceMs),
                accepted
                    ? new Presence(
                        user.Id,
                        user.Username,
                        user.IsOnline,
                        about.InGame != 0,
                        Utf8.Read(about.UserStatus))
                    : null);
        }

        internal static RallypointUser User(ref RpUser about)
        {
            return new RallypointUser(
                about.UserId,
                Utf8.Read(about.Username),
                Utf8.Read(about.DisplayName),
                Utf8.Read(about.Tag),
                Utf8.ReadOrNull(about.ImageUrl),
                about.Online != 0);
        }

        internal static RallypointUser User(NativeEvent about)
        {
            return new RallypointUser(
                about.Raw.UserId,
                about.Username,
                about.DisplayName,
                about.Tag,
                about.ImageUrl,
                about.Raw.Online != 0);
        }

        internal static Presence Presence(NativeEvent about)
        {
            return new Presence(
                about.Raw.UserId,
                about.Username,
                about.Raw.Online != 0,
                about.Raw.InGame != 0,
                about.UserStatus);
        }

        internal static Session Session(NativeEvent about)
        {
            return new Session(
                about.SessionCode,
                about.SessionName,
                about.Raw.HostId,
                about.ServerIp,
                about.Raw.ServerPort,
                about.Raw.MaxPlayers,
                about.Raw.Open != 0,
                about.Raw.Active != 0,
                about.GameId,
                about.Players,
                Options(about.Raw.Options));
        }

        internal static SentInvite SentInvite(NativeEvent about)
        {
            return new SentInvite(
                about.Raw.InviteId,
                about.Raw.UserId,
                about.DisplayName,
                Known<InviteKind>(about.Raw.Kind),
                about.SessionCode,
                about.Map,
                about.FriendshipId,
                TimeSpan.FromMilliseconds(about.Raw.RemainingMs),
                Known<InviteStatus>(about.Raw.Status),
                about.Raw.Seen != 0);
        }

        internal static SentInviteUpdate SentInviteUpdate(NativeEvent about)
        {
            return new SentInviteUpdate(
                about.Raw.InviteId,
                about.Raw.UserId,
                Known<SentInviteProgress>(about.Raw.Progress),
                about.SessionCode,
                about.Message);
        }

        internal static Invite Invite(NativeEvent about)
        {
            var content = new InviteContent
            {
                Id = about.Raw.InviteId,
                Kind = Known<InviteKind>(about.Raw.Kind),
                SenderId = about.Raw.UserId,
                SenderName = about.SenderName,
                SessionCode = about.SessionCode,
                SessionName = about.SessionName,
                Map = about.Map,
                FriendshipId = about.FriendshipId,
                Message = about.Message,
            };
            return new Invite(
                content,
                (InviteState)about.Raw.State,
                about.Raw.Seen != 0,
                TimeSpan.FromMilliseconds(about.Raw.RemainingMs));
        }

        internal static Invite Invite(ref RpInvite about, long? friendshipId)
        {
            var content = new InviteContent
            {
                Id = about.InviteId,
                Kind = Known<InviteKind>(about.Kind),
                SenderId = about.SenderId,
                SenderName = Utf8.Read(about.SenderName),
                SessionCode = Utf8.Read(about.SessionCode),
                SessionName = Utf8.Read(about.SessionName),
                Map = Utf8.Read(about.Map),
                FriendshipId = friendshipId,
                Message = Utf8.Read(about.Message),
            };
            return new Invite(
                content,
                (InviteState)about.State,
                about.Seen != 0,
                TimeSpan.FromMilliseconds(about.RemainingMs));
        }

        internal static InviteRemovalReason Reason(NativeEvent about)
        {
            return Known<InviteRemovalReason>(about.Raw.Reason);
        }

        internal static RpGameOptions Options(GameOptions options)
        {
            if (options == null)
            {
                return default(RpGameOptions);
            }
            return new RpGameOptions
            {
                GameSpeed = (int)options.Speed,
                Ranked = Choice(options.IsRanked),
                CoolMode = Choice(options.HasCoolMode),
                ScoreToWin = options.ScoreToWin,
                TimeLimit = options.TimeLimitMinutes,
            };
        }

        internal static GameOptions Options(RpGameOptions options)
        {
            return new GameOptions
            {
                Speed = Known<GameSpeed>(options.GameSpeed),
                IsRanked = Choice(options.Ranked),
                HasCoolMode = Choice(options.CoolMode),
                ScoreToWin = options.ScoreToWin,
                TimeLimitMinutes = options.TimeLimit,
            };
        }

        private static InviteTraceStep TraceStep(NativeEvent about)
        {
            return new InviteTraceStep(
                Known<InviteStep>(about.Raw.State),
                Epoch.AddMilliseconds(about.Raw.CreatedAtMs),
                about.Message.Split(new[] { ',' }, StringSplitOptions.RemoveEmptyEntries));
        }

        private static MatchFound Match(ref RpQueue about)
        {
            return new MatchFound(
                Utf8.Read(about.GameId),
                Known<PlayerSide>(about.Side),
                User(ref about.Opponent),
                Utf8.Read(about.ServerIp),
                about.ServerPort,
                Utf8.Read(about.ConnectToken),
                Utf8.Read(about.WsUrl),
                about.ConnectByMs == 0 ? (DateTime?)null : Epoch.AddMilliseconds(about.ConnectByMs),
                Options(about.Options));
        }

        private static int Choice(bool? choice)
        {
            return choice == null ? 0 : choice.Value ? 2 : 1;
        }

        private static bool? Choice(int choice)
        {
            return choice == 0 ? (bool?)null : choice == 2;
        }

        /// <summary>A newer library may have a value that this version has not: it is 0, "unknown".</summary>
        private static T Known<T>(int value)
            where T : struct
        {
            return Enum.IsDefined(typeof(T), value) ? (T)Enum.ToObject(typeof(T), value) : default(T);
        }

        private static IReadOnlyList<T> All<T>(IReadOnlyList<NativeEvent> rows, Func<NativeEvent, T> read)
        {
            var all = new T[rows.Count];
            for (int i = 0; i < all.Length; i++)
            {
                all[i] = read(rows[i]);
            }
            return all;
        }
    }
}
