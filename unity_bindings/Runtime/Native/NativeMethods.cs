using System;
using System.Runtime.InteropServices;

namespace Rallypoint.Native
{
    /// <summary>
    /// Every function of the C header, in its order. Each returns 0, or an error number; polling ones return 1 when
    /// they handed something out. Texts go in as UTF-8 bytes and their count: nothing is marshalled behind one's back.
    /// </summary>
    internal static class NativeMethods
    {
#if UNITY_IOS && !UNITY_EDITOR
        internal const string Library = "__Internal";
#else
        internal const string Library = "rallypoint_ffi";
#endif

        [DllImport(Library, EntryPoint = "rp_register", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int Register(ulong client, ref RpRegistration registration, out ulong request);

        [DllImport(Library, EntryPoint = "rp_login", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int Login(
            ulong client,
            byte[] username,
            UIntPtr usernameLen,
            byte[] password,
            UIntPtr passwordLen,
            out ulong request);

        [DllImport(Library, EntryPoint = "rp_guest", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int Guest(ulong client, byte[] displayName, UIntPtr displayNameLen, out ulong request);

        [DllImport(Library, EntryPoint = "rp_resume", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int Resume(
            ulong client,
            byte[] refreshToken,
            UIntPtr refreshTokenLen,
            out ulong request);

        [DllImport(Library, EntryPoint = "rp_logout", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int Logout(ulong client, out ulong request);

        [DllImport(Library, EntryPoint = "rp_client_user", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ClientUser(ulong client, out RpUser user);

        [DllImport(Library, EntryPoint = "rp_client_refresh_token", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ClientRefreshToken(
            ulong client,
            byte[] buffer,
            UIntPtr capacity,
            out UIntPtr length);

        [DllImport(Library, EntryPoint = "rp_client_access_token", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ClientAccessToken(ulong client, byte[] buffer, UIntPtr capacity, out UIntPtr length);

        [DllImport(Library, EntryPoint = "rp_friends_list", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int FriendsList(ulong client, out ulong request);

        [DllImport(Library, EntryPoint = "rp_friend_requests", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int FriendRequests(ulong client, out ulong request);

        [DllImport(Library, EntryPoint = "rp_friend_suggestions", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int FriendSuggestions(ulong client, out ulong request);

        [DllImport(Library, EntryPoint = "rp_friend_request", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int FriendRequest(ulong client, byte[] username, UIntPtr usernameLen, out ulong request);

        [DllImport(Library, EntryPoint = "rp_friend_request_user", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int FriendRequestUser(ulong client, long userId, out ulong request);

        [DllImport(Library, EntryPoint = "rp_friend_accept", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int FriendAccept(ulong client, long friendshipId, out ulong request);

        [DllImport(Library, EntryPoint = "rp_friend_decline", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int FriendDecline(ulong client, long friendshipId, out ulong request);

        [DllImport(Library, EntryPoint = "rp_friend_remove", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int FriendRemove(ulong client, long friendshipId, out ulong request);

        [DllImport(Library, EntryPoint = "rp_user_block", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int UserBlock(ulong client, long userId, out ulong request);

        [DllImport(Library, EntryPoint = "rp_user_unblock", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int UserUnblock(ulong client, long userId, out ulong request);

        [DllImport(Library, EntryPoint = "rp_users_blocked", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int UsersBlocked(ulong client, out ulong request);

        [DllImport(Library, EntryPoint = "rp_maps", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int Maps(ulong client, out ulong request);

        [DllImport(Library, EntryPoint = "rp_challenge", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int Challenge(ulong client, long userId, byte[] map, UIntPtr mapLen, out ulong request);

        [DllImport(Library, EntryPoint = "rp_friends_count", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int FriendsCount(ulong client, out UIntPtr count, out int fetched);

        [DllImport(Library, EntryPoint = "rp_friends_get", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int FriendsGet(ulong client, UIntPtr index, out RpFriend row);

        [DllImport(Library, EntryPoint = "rp_event_friend", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int EventFriend(ulong client, out RpFriend row);

        [DllImport(Library, EntryPoint = "rp_event_friendship", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int EventFriendship(ulong client, out long friendshipId);

        [DllImport(Library, EntryPoint = "rp_open_link", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int OpenLink(ulong client, byte[] uri, UIntPtr uriLen);

        [DllImport(Library, EntryPoint = "rp_parse_link", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ParseLink(
            byte[] uri,
            UIntPtr uriLen,
            byte[] buffer,
            UIntPtr capacity,
            out UIntPtr length);

        [DllImport(Library, EntryPoint = "rp_handoff_claim", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int HandoffClaim(
            byte[] appId,
            UIntPtr appIdLen,
            byte[] link,
            UIntPtr linkLen,
            out ulong handoff,
            out int role);

        [DllImport(Library, EntryPoint = "rp_handoff_next", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int HandoffNext(ulong handoff, byte[] buffer, UIntPtr capacity, out UIntPtr length);

        [DllImport(Library, EntryPoint = "rp_handoff_attach", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int HandoffAttach(ulong handoff, ulong client);

        [DllImport(Library, EntryPoint = "rp_handoff_free", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int HandoffFree(ulong handoff);

        [DllImport(Library, EntryPoint = "rp_register_scheme", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int RegisterScheme(
            byte[] appId,
            UIntPtr appIdLen,
            byte[] name,
            UIntPtr nameLen,
            byte[] scheme,
            UIntPtr schemeLen,
            byte[] exe,
            UIntPtr exeLen);

        [DllImport(Library, EntryPoint = "rp_invite_send", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int InviteSend(
            ulong client,
            long receiverId,
            byte[] code,
            UIntPtr codeLen,
            out ulong request);

        [DllImport(Library, EntryPoint = "rp_invite_shown", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int InviteShown(ulong client, long inviteId);

        [DllImport(Library, EntryPoint = "rp_invite_accept", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int InviteAccept(ulong client, long inviteId, out ulong request);

        [DllImport(Library, EntryPoint = "rp_invite_decline", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int InviteDecline(ulong client, long inviteId, out ulong request);

        [DllImport(Library, EntryPoint = "rp_invite_cancel", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int InviteCancel(ulong client, long inviteId, out ulong request);

        [DllImport(Library, EntryPoint = "rp_invites_sent", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int InvitesSent(ulong client, out ulong request);

        [DllImport(Library, EntryPoint = "rp_invite_trace", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int InviteTrace(ulong client, long inviteId, out ulong request);

        [DllImport(Library, EntryPoint = "rp_invites_count", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int InvitesCount(ulong client, out UIntPtr count);

        [DllImport(Library, EntryPoint = "rp_invites_get", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int InvitesGet(ulong client, UIntPtr index, out RpInvite invite);

        [DllImport(Library, EntryPoint = "rp_invites_friendship", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int InvitesFriendship(ulong client, UIntPtr index, out long friendshipId);

        [DllImport(Library, EntryPoint = "rp_abi_version", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int AbiVersion();

        [DllImport(Library, EntryPoint = "rp_check_version", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int CheckVersion(int expected);

        [DllImport(Library, EntryPoint = "rp_struct_size", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int StructSize(int structure, out UIntPtr size);

        [DllImport(Library, EntryPoint = "rp_last_error", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int LastError(out RpStr message);

        [DllImport(Library, EntryPoint = "rp_describe", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int Describe(int code, out RpStr name, out RpStr advice, out int retryable);

        [DllImport(Library, EntryPoint = "rp_log_next", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int LogNext(byte[] buffer, UIntPtr capacity, out UIntPtr length, out int level);

        [DllImport(Library, EntryPoint = "rp_log_level", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int LogLevel(int level);

        [DllImport(Library, EntryPoint = "rp_shutdown_all", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ShutdownAll(uint timeoutMs);

        [DllImport(Library, EntryPoint = "rp_client_new", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ClientNew(byte[] url, UIntPtr urlLen, ref RpClientOptions options, out ulong client);

        [DllImport(Library, EntryPoint = "rp_client_free", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ClientFree(ulong client);

        [DllImport(Library, EntryPoint = "rp_poll", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int Poll(ulong client, ref RpEvent next);

        [DllImport(Library, EntryPoint = "rp_event_player", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int EventPlayer(ulong client, UIntPtr index, out RpPlayer player);

        [DllImport(Library, EntryPoint = "rp_link_state", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int LinkState(ulong client, out int link);

        [DllImport(Library, EntryPoint = "rp_network_cut", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int NetworkCut(ulong client);

        [DllImport(Library, EntryPoint = "rp_network_restore", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int NetworkRestore(ulong client);

        [DllImport(Library, EntryPoint = "rp_network_is_cut", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int NetworkIsCut(ulong client, out int cut);

        [DllImport(Library, EntryPoint = "rp_matchmaking_join", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int MatchmakingJoin(ulong client, ref RpGameOptions options, out ulong request);

        [DllImport(Library, EntryPoint = "rp_matchmaking_status", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int MatchmakingStatus(ulong client, out ulong request);

        [DllImport(Library, EntryPoint = "rp_matchmaking_leave", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int MatchmakingLeave(ulong client, out ulong request);

        [DllImport(Library, EntryPoint = "rp_matchmaking_state", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int MatchmakingState(ulong client, out RpQueue queue);

        [DllImport(Library, EntryPoint = "rp_event_queue", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int EventQueue(ulong client, out RpQueue queue);

        [DllImport(Library, EntryPoint = "rp_event_match_end", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int EventMatchEnd(ulong client, out RpMatchEnd end);

        [DllImport(Library, EntryPoint = "rp_find_users", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int FindUsers(ulong client, byte[] search, UIntPtr searchLen, out ulong request);

        [DllImport(Library, EntryPoint = "rp_presence", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int Presence(ulong client, long[] userIds, UIntPtr count, out ulong request);

        [DllImport(Library, EntryPoint = "rp_set_status", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int SetStatus(ulong client, byte[] status, UIntPtr statusLen, out ulong request);

        [DllImport(Library, EntryPoint = "rp_session_create", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int SessionCreate(ulong client, ref RpSessionSettings settings, out ulong request);

        [DllImport(Library, EntryPoint = "rp_session_get", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int SessionGet(ulong client, byte[] code, UIntPtr codeLen, out ulong request);

        [DllImport(Library, EntryPoint = "rp_session_join", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int SessionJoin(ulong client, byte[] code, UIntPtr codeLen, out ulong request);

        [DllImport(Library, EntryPoint = "rp_session_leave", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int SessionLeave(ulong client, byte[] code, UIntPtr codeLen, out ulong request);

        [DllImport(Library, EntryPoint = "rp_session_close", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int SessionClose(ulong client, byte[] code, UIntPtr codeLen, out ulong request);

        [DllImport(Library, EntryPoint = "rp_session_access", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int SessionAccess(ulong client, byte[] code, UIntPtr codeLen, out ulong request);
    }
}
