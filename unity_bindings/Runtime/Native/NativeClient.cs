using System;
using System.Collections.Generic;

namespace Rallypoint.Native
{
    /// <summary>One client of the library, in managed types. Throws <see cref="RallypointException"/>.</summary>
    internal sealed partial class NativeClient : IDisposable
    {
        private static readonly IReadOnlyList<SessionPlayer> Nobody = new SessionPlayer[0];

        private readonly ClientHandle _handle;
        // Half a kilobyte: kept, not put on the stack for each poll. Only the thread that polls touches it.
        private RpEvent _event;

        private NativeClient(ulong number)
        {
            _handle = new ClientHandle(number);
        }

        internal ulong Number
        {
            get { return _handle.Number; }
        }

        internal static NativeClient Open(string url, RallypointOptions options)
        {
            NativeLibrary.EnsureLoaded();
            byte[] text = Utf8.Bytes(url);
            var settings = new RpClientOptions
            {
                RequestTimeoutMs = Milliseconds(options.RequestTimeout),
                PollMinMs = Milliseconds(options.PollIntervalMin),
                PollMaxMs = Milliseconds(options.PollIntervalMax),
                BackoffMinMs = Milliseconds(options.ReconnectMin),
                BackoffMaxMs = Milliseconds(options.ReconnectMax),
            };
            ulong number;
            NativeError.Check(NativeMethods.ClientNew(text, Utf8.Length(text), ref settings, out number));
            return new NativeClient(number);
        }

        public void Dispose()
        {
            _handle.Dispose();
        }

        internal bool TryPoll(out NativeEvent next)
        {
            int result = NativeMethods.Poll(Number, ref _event);
            if (result <= 0)
            {
                // Negative where another thread has just freed the client: nothing will ever come again.
                next = null;
                return false;
            }
            next = new NativeEvent(
                ref _event,
                Players(_event.PlayerCount),
                EventQueue(),
                EventMatchEnd(),
                EventFriend(),
                EventFriendship());
            return true;
        }

        internal RallypointUser User()
        {
            RpUser user;
            if (NativeMethods.ClientUser(Number, out user) != 0)
            {
                return null;
            }
            return NativeReader.User(ref user);
        }

        internal LinkState Link()
        {
            int link;
            return NativeMethods.LinkState(Number, out link) == 0 ? (LinkState)link : LinkState.SignedOut;
        }

        internal string RefreshToken()
        {
            return Copy(NativeMethods.ClientRefreshToken);
        }

        internal string AccessToken()
        {
            return Copy(NativeMethods.ClientAccessToken);
        }

        internal IReadOnlyList<Invite> Invites()
        {
            UIntPtr count;
            NativeError.Check(NativeMethods.InvitesCount(Number, out count));
            var invites = new List<Invite>((int)count.ToUInt32());
            for (uint i = 0; i < count.ToUInt32(); i++)
            {
                var index = new UIntPtr(i);
                RpInvite invite;
                NativeError.Check(NativeMethods.InvitesGet(Number, index, out invite));
                invites.Add(NativeReader.Invite(ref invite, InviteFriendship(index)));
            }
            return invites;
        }

        internal ulong Guest(string displayName)
        {
            return Begin(displayName, NativeMethods.Guest);
        }

        internal ulong Resume(string refreshToken)
        {
            return Begin(refreshToken, NativeMethods.Resume);
        }

        internal ulong SignIn(string username, string password)
        {
            byte[] name = Utf8.Bytes(username);
            byte[] secret = Utf8.Bytes(password);
            ulong request;
            NativeError.Check(
                NativeMethods.Login(Number, name, Utf8.Length(name), secret, Utf8.Length(secret), out request));
            return request;
        }

        internal ulong Register(string username, string password, string displayName)
        {
            using (var name = new PinnedText(username))
            using (var secret = new PinnedText(password))
            using (var shown = new PinnedText(displayName))
            {
                var registration = new RpRegistration
                {
                    Username = name.Str,
                    Password = secret.Str,
                    DisplayName = shown.Str,
                };
                ulong request;
                NativeError.Check(NativeMethods.Register(Number, ref registration, out request));
                return request;
            }
        }

        internal ulong SignOut()
        {
            return Begin(NativeMethods.Logout);
        }

        internal ulong FindUsers(string search)
        {
            return Begin(search, NativeMethods.FindUsers);
        }

        internal ulong Presence(long[] userIds)
        {
            ulong request;
            NativeError.Check(
                NativeMethods.Presence(Number, userIds, new UIntPtr((uint)userIds.Length), out request));
            return request;
        }

        internal ulong SetStatus(string status)
        {
            return Begin(string.IsNullOrEmpty(status) ? null : status, NativeMethods.SetStatus);
        }

        internal void OpenLink(string uri)
        {
            byte[] text = Utf8.Bytes(uri);
            NativeError.Check(NativeMethods.OpenLink(Number, text, Utf8.Length(text)));
        }

        internal void CutNetwork()
        {
            NativeError.Check(NativeMethods.NetworkCut(Number));
        }

        internal void RestoreNetwork()
        {
            NativeError.Check(NativeMethods.NetworkRestore(Number));
        }

        internal bool IsNetworkCut()
        {
            int cut;
            return NativeMethods.NetworkIsCut(Number, out cut) == 0 && cut != 0;
        }

        internal ulong CreateSession(SessionSettings settings)
        {
            using (var name = new PinnedText(settings.Name))
            using (var address = new PinnedText(settings.ServerAddress))
            {
                var raw = new RpSessionSettings
                {
                    Name = name.Str,
                    ServerIp = address.Str,
                    ServerPort = settings.ServerPort,
                    MaxPlayers = settings.MaxPlayers,
                    Open = settings.IsOpen ? 1 : 0,
                    Options = NativeReader.Options(settings.Game),
                };
                ulong request;
                NativeError.Check(NativeMethods.SessionCreate(Number, ref raw, out request));
                return request;
            }
        }

        internal ulong GetSession(string code)
        {
            return Begin(code, NativeMethods.SessionGet);
        }

        internal ulong JoinSession(string code)
        {
            return Begin(code, NativeMethods.SessionJoin);
        }

        internal ulong LeaveSession(string code)
        {
            return Begin(code, NativeMethods.SessionLeave);
        }

        internal ulong CloseSession(string code)
        {
            return Begin(code, NativeMethods.SessionClose);
        }

        internal ulong SessionAccess(string code)
        {
            return Begin(code, NativeMethods.SessionAccess);
        }

        internal ulong SendInvite(long receiverId, string code)
        {
            byte[] text = Utf8.Bytes(code);
            ulong request;
            NativeError.Check(NativeMethods.InviteSend(Number, receiverId, text, Utf8.Length(text), out request));
            return request;
        }

        internal void MarkShown(long inviteId)
        {
            NativeError.Check(NativeMethods.InviteShown(Number, inviteId));
        }

        internal ulong Accept(long inviteId)
        {
            return Begin(inviteId, NativeMethods.InviteAccept);
        }

        internal ulong Decline(long inviteId)
        {
            return Begin(inviteId, NativeMethods.InviteDecline);
        }

        internal ulong CancelInvite(long inviteId)
        {
            return Begin(inviteId, NativeMethods.InviteCancel);
        }

        internal ulong SentInvites()
        {
            return Begin(NativeMethods.InvitesSent);
        }

        internal ulong TraceInvite(long inviteId)
        {
            return Begin(inviteId, NativeMethods.InviteTrace);
        }

        internal ulong JoinQueue(GameOptions options)
        {
            RpGameOptions raw = NativeReader.Options(options);
            ulong request;
            NativeError.Check(NativeMethods.MatchmakingJoin(Number, ref raw, out request));
            return request;
        }

        internal ulong QueueStatus()
        {
            return Begin(NativeMethods.MatchmakingStatus);
        }

        internal ulong LeaveQueue()
        {
            return Begin(NativeMethods.MatchmakingLeave);
        }

        internal QueueState QueueState()
        {
            RpQueue queue;
            return NativeMethods.MatchmakingState(Number, out queue) == 0
                ? NativeReader.Queue(ref queue)
                : NativeReader.NotInQueue;
        }

        private delegate int Call(ulong client, out ulong request);

        private delegate int TextCall(ulong client, byte[] text, UIntPtr length, out ulong request);

        private delegate int NumberCall(ulong client, long number, out ulong request);

        private delegate int CopyCall(ulong client, byte[] buffer, UIntPtr capacity, out UIntPtr length);

        private static uint Milliseconds(TimeSpan time)
        {
            double milliseconds = time.TotalMilliseconds;
            // The library takes 0 for its default, which nobody means who sets a time.
            return milliseconds >= uint.MaxValue ? uint.MaxValue : (uint)Math.Max(1, milliseconds);
        }

        private ulong Begin(Call call)
        {
            ulong request;
            NativeError.Check(call(Number, out request));
            return request;
        }

        private ulong Begin(string text, TextCall call)
        {
            byte[] bytes = Utf8.Bytes(text);
            ulong request;
            NativeError.Check(call(Number, bytes, Utf8.Length(bytes), out request));
            return request;
        }

        private ulong Begin(long number, NumberCall call)
        {
            ulong request;
            NativeError.Check(call(Number, number, out request));
            return request;
        }

        private string Copy(CopyCall call)
        {
            // The text may grow between two calls, when the library renews it.
            var buffer = new byte[1024];
            for (;;)
            {
                UIntPtr length;
                int result = call(Number, buffer, Utf8.Length(buffer), out length);
                if (result == 0)
                {
                    return Utf8.Read(buffer, (int)length.ToUInt32());
                }
                if (result != (int)RallypointErrorCode.BufferTooSmall)
                {
                    return null;
                }
                buffer = new byte[(int)length.ToUInt32()];
            }
        }

        private QueueState EventQueue()
        {
            bool told = _event.EventType == (int)NativeEventType.QueueChanged ||
                _event.EventType == (int)NativeEventType.MatchFound ||
                _event.Operation == NativeOperation.MatchmakingJoin ||
                _event.Operation == NativeOperation.MatchmakingStatus;
            RpQueue queue;
            return told && _event.Error == 0 && NativeMethods.EventQueue(Number, out queue) == 0
                ? NativeReader.Queue(ref queue)
                : null;
        }

        private RpMatchEnd EventMatchEnd()
        {
            bool told = _event.EventType == (int)NativeEventType.MatchCancelled ||
                _event.EventType == (int)NativeEventType.MatchFinished;
            RpMatchEnd end;
            return told && NativeMethods.EventMatchEnd(Number, out end) == 0 ? end : default(RpMatchEnd);
        }

        private IReadOnlyList<SessionPlayer> Players(int count)
        {
            if (count <= 0)
            {
                return Nobody;
            }
            var players = new List<SessionPlayer>(count);
            for (int i = 0; i < count; i++)
            {
                RpPlayer player;
                if (NativeMethods.EventPlayer(Number, new UIntPtr((uint)i), out player) != 0)
                {
                    break;
                }
                players.Add(new SessionPlayer(player.UserId, Utf8.Read(player.Name)));
            }
            return players;
        }
    }
}
