/*
 * Everything done wrong on purpose: null, invented, freed and foreign handles, wild lengths, double free, and all of it
 * from several threads at once. Needs no server. Exits 0 if every call answered with an error number.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rallypoint.h"

#define NOWHERE "http://127.0.0.1:1"

static atomic_int mistakes;

#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                            \
            atomic_fetch_add(&mistakes, 1);                                                                            \
        }                                                                                                              \
    } while (0)

static rp_handle make(void)
{
    rp_handle client = 0;
    EXPECT(rp_client_new(NOWHERE, strlen(NOWHERE), NULL, &client) == RP_OK);
    EXPECT(client != 0);
    return client;
}

/* Every function that takes a client, with arguments that are right but for the handle. */
static void with_bad_client(rp_handle bad)
{
    uint64_t request = 0;
    size_t size = 0;
    int32_t number = 0;
    int64_t id = 1;
    char buffer[16];
    rp_event event;
    rp_user user;
    rp_player player;
    rp_invite invite;
    rp_queue queue;
    rp_match_end end;
    rp_friend friend;
    rp_game_options options = { RP_SPEED_FAST, RP_YES, RP_UNSET, 5, 0, 0 };
    rp_registration registration = { { "ada", 3 }, { "lovelace", 8 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };

    EXPECT(rp_register(bad, &registration, &request) == RP_ERR_HANDLE);
    EXPECT(rp_login(bad, "ada", 3, "lovelace", 8, &request) == RP_ERR_HANDLE);
    EXPECT(rp_guest(bad, NULL, 0, &request) == RP_ERR_HANDLE);
    EXPECT(rp_resume(bad, "token", 5, &request) == RP_ERR_HANDLE);
    EXPECT(rp_logout(bad, &request) == RP_ERR_HANDLE);
    EXPECT(rp_client_user(bad, &user) == RP_ERR_HANDLE);
    EXPECT(rp_client_refresh_token(bad, buffer, sizeof buffer, &size) == RP_ERR_HANDLE);
    EXPECT(rp_client_access_token(bad, buffer, sizeof buffer, &size) == RP_ERR_HANDLE);
    EXPECT(rp_find_users(bad, "a", 1, &request) == RP_ERR_HANDLE);
    EXPECT(rp_presence(bad, &id, 1, &request) == RP_ERR_HANDLE);
    EXPECT(rp_set_status(bad, "here", 4, &request) == RP_ERR_HANDLE);
    EXPECT(rp_session_create(bad, NULL, &request) == RP_ERR_HANDLE);
    EXPECT(rp_session_get(bad, "K7QX2M", 6, &request) == RP_ERR_HANDLE);
    EXPECT(rp_session_join(bad, "K7QX2M", 6, &request) == RP_ERR_HANDLE);
    EXPECT(rp_session_leave(bad, "K7QX2M", 6, &request) == RP_ERR_HANDLE);
    EXPECT(rp_session_close(bad, "K7QX2M", 6, &request) == RP_ERR_HANDLE);
    EXPECT(rp_session_access(bad, "K7QX2M", 6, &request) == RP_ERR_HANDLE);
    EXPECT(rp_invite_send(bad, 1, "K7QX2M", 6, &request) == RP_ERR_HANDLE);
    EXPECT(rp_invite_shown(bad, 1) == RP_ERR_HANDLE);
    EXPECT(rp_invite_accept(bad, 1, &request) == RP_ERR_HANDLE);
    EXPECT(rp_invite_decline(bad, 1, &request) == RP_ERR_HANDLE);
    EXPECT(rp_invite_cancel(bad, 1, &request) == RP_ERR_HANDLE);
    EXPECT(rp_invites_sent(bad, &request) == RP_ERR_HANDLE);
    EXPECT(rp_invites_count(bad, &size) == RP_ERR_HANDLE);
    EXPECT(rp_invites_get(bad, 0, &invite) == RP_ERR_HANDLE);
    EXPECT(rp_invites_friendship(bad, 0, &id) == RP_ERR_HANDLE);
    EXPECT(rp_invite_trace(bad, 1, &request) == RP_ERR_HANDLE);
    EXPECT(rp_friends_list(bad, &request) == RP_ERR_HANDLE);
    EXPECT(rp_friend_requests(bad, &request) == RP_ERR_HANDLE);
    EXPECT(rp_friend_suggestions(bad, &request) == RP_ERR_HANDLE);
    EXPECT(rp_friend_request(bad, "bea", 3, &request) == RP_ERR_HANDLE);
    EXPECT(rp_friend_request_user(bad, 1, &request) == RP_ERR_HANDLE);
    EXPECT(rp_friend_accept(bad, 1, &request) == RP_ERR_HANDLE);
    EXPECT(rp_friend_decline(bad, 1, &request) == RP_ERR_HANDLE);
    EXPECT(rp_friend_remove(bad, 1, &request) == RP_ERR_HANDLE);
    EXPECT(rp_user_block(bad, 1, &request) == RP_ERR_HANDLE);
    EXPECT(rp_user_unblock(bad, 1, &request) == RP_ERR_HANDLE);
    EXPECT(rp_users_blocked(bad, &request) == RP_ERR_HANDLE);
    EXPECT(rp_maps(bad, &request) == RP_ERR_HANDLE);
    EXPECT(rp_challenge(bad, 1, "arena", 5, &request) == RP_ERR_HANDLE);
    EXPECT(rp_friends_count(bad, &size, NULL) == RP_ERR_HANDLE);
    EXPECT(rp_friends_get(bad, 0, &friend) == RP_ERR_HANDLE);
    EXPECT(rp_event_friend(bad, &friend) == RP_ERR_HANDLE);
    EXPECT(rp_event_friendship(bad, &id) == RP_ERR_HANDLE);
    EXPECT(rp_matchmaking_join(bad, &options, &request) == RP_ERR_HANDLE);
    EXPECT(rp_matchmaking_status(bad, &request) == RP_ERR_HANDLE);
    EXPECT(rp_matchmaking_leave(bad, &request) == RP_ERR_HANDLE);
    EXPECT(rp_matchmaking_state(bad, &queue) == RP_ERR_HANDLE);
    EXPECT(rp_event_queue(bad, &queue) == RP_ERR_HANDLE);
    EXPECT(rp_event_match_end(bad, &end) == RP_ERR_HANDLE);
    EXPECT(rp_open_link(bad, "rallypoint://join/K7QX2M", 24) == RP_ERR_HANDLE);
    EXPECT(rp_link_state(bad, &number) == RP_ERR_HANDLE);
    EXPECT(rp_network_cut(bad) == RP_ERR_HANDLE);
    EXPECT(rp_network_restore(bad) == RP_ERR_HANDLE);
    EXPECT(rp_network_is_cut(bad, &number) == RP_ERR_HANDLE);
    EXPECT(rp_poll(bad, &event) == RP_ERR_HANDLE);
    EXPECT(rp_event_player(bad, 0, &player) == RP_ERR_HANDLE);
    EXPECT(rp_handoff_attach(1, bad) == RP_ERR_HANDLE);
    EXPECT(rp_client_free(bad) == RP_ERR_HANDLE);
    EXPECT(request == 0);
}

static void with_bad_handoff(rp_handle bad, rp_handle client)
{
    char buffer[16];
    size_t length = 0;

    EXPECT(rp_handoff_next(bad, buffer, sizeof buffer, &length) == RP_ERR_HANDLE);
    EXPECT(rp_handoff_attach(bad, client) == RP_ERR_HANDLE);
    EXPECT(rp_handoff_free(bad) == RP_ERR_HANDLE);
}

/* Null wherever a pointer is taken, on a client that lives. */
static void with_null(rp_handle client)
{
    uint64_t request = 0;
    rp_handle handle = 0;
    size_t length = 0;
    int32_t role = 0;
    rp_game_options options = { 0, 0, 0, 0, 0, 0 };

    EXPECT(rp_client_new(NULL, 0, NULL, &handle) == RP_ERR_NULL);
    EXPECT(rp_client_new(NULL, 5, NULL, &handle) == RP_ERR_NULL);
    EXPECT(rp_client_new(NOWHERE, strlen(NOWHERE), NULL, NULL) == RP_ERR_NULL);
    EXPECT(rp_client_new("no url", 6, NULL, &handle) < 0);
    EXPECT(rp_register(client, NULL, &request) == RP_ERR_NULL);
    EXPECT(rp_login(client, NULL, 0, NULL, 0, &request) == RP_ERR_NULL);
    EXPECT(rp_login(client, "ada", 3, NULL, 0, &request) == RP_ERR_NULL);
    EXPECT(rp_login(client, "ada", 3, "lovelace", 8, NULL) == RP_ERR_NULL);
    EXPECT(rp_guest(client, NULL, 1, &request) == RP_ERR_NULL);
    EXPECT(rp_guest(client, NULL, 0, NULL) == RP_ERR_NULL);
    EXPECT(rp_resume(client, NULL, 0, &request) == RP_ERR_NULL);
    EXPECT(rp_logout(client, NULL) == RP_ERR_NULL);
    EXPECT(rp_client_user(client, NULL) < 0);
    EXPECT(rp_client_refresh_token(client, NULL, 0, NULL) < 0);
    EXPECT(rp_client_access_token(client, NULL, 0, NULL) < 0);
    EXPECT(rp_find_users(client, NULL, 0, NULL) == RP_ERR_NULL);
    EXPECT(rp_presence(client, NULL, 1, &request) == RP_ERR_NULL);
    EXPECT(rp_presence(client, NULL, SIZE_MAX, &request) == RP_ERR_ARGUMENT);
    EXPECT(rp_set_status(client, NULL, 0, NULL) == RP_ERR_NULL);
    EXPECT(rp_session_create(client, NULL, NULL) == RP_ERR_NULL);
    EXPECT(rp_session_get(client, NULL, 0, &request) == RP_ERR_NULL);
    EXPECT(rp_session_join(client, NULL, 6, &request) == RP_ERR_NULL);
    EXPECT(rp_session_leave(client, "", 0, &request) == RP_ERR_ARGUMENT);
    EXPECT(rp_session_close(client, "K7QX2M", 6, NULL) == RP_ERR_NULL);
    EXPECT(rp_session_access(client, "no code", 7, &request) == RP_ERR_ARGUMENT);
    EXPECT(rp_invite_send(client, 1, NULL, 6, &request) == RP_ERR_NULL);
    EXPECT(rp_invite_accept(client, 1, NULL) == RP_ERR_NULL);
    EXPECT(rp_invite_decline(client, 1, NULL) == RP_ERR_NULL);
    EXPECT(rp_invite_cancel(client, 1, NULL) == RP_ERR_NULL);
    EXPECT(rp_invites_sent(client, NULL) == RP_ERR_NULL);
    EXPECT(rp_invites_count(client, NULL) == RP_ERR_NULL);
    EXPECT(rp_invites_get(client, 0, NULL) < 0);
    EXPECT(rp_invites_get(client, SIZE_MAX, NULL) == RP_ERR_INDEX);
    EXPECT(rp_matchmaking_join(client, NULL, NULL) == RP_ERR_NULL);
    EXPECT(rp_matchmaking_status(client, NULL) == RP_ERR_NULL);
    EXPECT(rp_matchmaking_leave(client, NULL) == RP_ERR_NULL);
    EXPECT(rp_matchmaking_state(client, NULL) == RP_ERR_NULL);
    EXPECT(rp_event_queue(client, NULL) == RP_ERR_INDEX);
    EXPECT(rp_friends_list(client, NULL) == RP_ERR_NULL);
    EXPECT(rp_friend_request(client, NULL, 0, &request) == RP_ERR_NULL);
    EXPECT(rp_friend_request(client, "", 0, &request) == RP_ERR_ARGUMENT);
    EXPECT(rp_friend_accept(client, 1, NULL) == RP_ERR_NULL);
    EXPECT(rp_challenge(client, 1, NULL, 5, &request) == RP_ERR_NULL);
    EXPECT(rp_challenge(client, 1, "arena", 5, NULL) == RP_ERR_NULL);
    EXPECT(rp_friends_count(client, NULL, NULL) == RP_ERR_NULL);
    EXPECT(rp_friends_get(client, SIZE_MAX, NULL) == RP_ERR_INDEX);
    EXPECT(rp_event_friend(client, NULL) == RP_ERR_INDEX);
    EXPECT(rp_event_friendship(client, NULL) == RP_ERR_INDEX);
    EXPECT(rp_invites_friendship(client, 0, NULL) == RP_ERR_INDEX);
    EXPECT(rp_event_match_end(client, NULL) == RP_ERR_INDEX);
    options.game_speed = INT32_MAX;
    EXPECT(rp_matchmaking_join(client, &options, &request) == RP_ERR_ARGUMENT);
    options.game_speed = RP_SPEED_UNSET;
    options.ranked = INT32_MIN;
    EXPECT(rp_matchmaking_join(client, &options, &request) == RP_ERR_ARGUMENT);
    EXPECT(rp_open_link(client, NULL, 0) == RP_ERR_NULL);
    EXPECT(rp_open_link(client, "x", SIZE_MAX) == RP_ERR_ARGUMENT);
    EXPECT(rp_link_state(client, NULL) == RP_ERR_NULL);
    EXPECT(rp_network_is_cut(client, NULL) == RP_ERR_NULL);
    EXPECT(rp_poll(client, NULL) == RP_ERR_NULL);
    EXPECT(rp_event_player(client, 0, NULL) == RP_ERR_INDEX);
    EXPECT(rp_last_error(NULL) == RP_ERR_NULL);
    EXPECT(rp_struct_size(RP_STRUCT_EVENT, NULL) == RP_ERR_NULL);
    EXPECT(rp_struct_size(-1, &length) == RP_ERR_ARGUMENT);
    EXPECT(rp_describe(RP_ERR_NULL, NULL, NULL, NULL) == RP_OK);
    EXPECT(rp_describe(12345, NULL, NULL, NULL) == RP_ERR_ARGUMENT);
    EXPECT(rp_log_level(-1) == RP_ERR_ARGUMENT);
    EXPECT(rp_log_next(NULL, 8, NULL, NULL) <= 0);
    EXPECT(rp_parse_link(NULL, 0, NULL, 0, NULL) == RP_ERR_NULL);
    EXPECT(rp_parse_link("rallypoint://join/K7QX2M", 24, NULL, 0, &length) == RP_ERR_BUFFER && length == 6);
    EXPECT(rp_parse_link("\xff", 1, NULL, 0, &length) == RP_ERR_UTF8);
    EXPECT(rp_handoff_claim(NULL, 0, NULL, 0, &handle, &role) == RP_ERR_NULL);
    EXPECT(rp_handoff_claim("app", 3, NULL, 0, NULL, NULL) == RP_ERR_NULL);
    EXPECT(rp_register_scheme(NULL, 0, NULL, 0, NULL, 0, NULL, 0) == RP_ERR_NULL);
    EXPECT(rp_check_version(-1) == RP_ERR_VERSION);
    EXPECT(handle == 0 && request == 0);
}

/* Requests, polls and frees on handles that other threads free at the same time. */
enum { SHARED = 4, ROUNDS = 25, THREADS = 4 };

static _Atomic rp_handle shared[SHARED];

static void *worker(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;
    for (int round = 0; round < ROUNDS; round++) {
        for (int place = 0; place < SHARED; place++) {
            rp_handle client = atomic_load(&shared[place]);
            uint64_t request = 0;
            size_t count = 0;
            int32_t link = 0, result;
            rp_event event;
            rp_invite invite;
            rp_queue queue;
            rp_str words;

            result = rp_guest(client, "Ada", 3, &request);
            EXPECT(result == RP_OK || result == RP_ERR_HANDLE || result == RP_ERR_BUSY);
            while ((result = rp_poll(client, &event)) == 1) {
                /* Text stays readable, even when another thread has freed the client meanwhile. */
                volatile char last = event.message.len > 0 ? event.message.ptr[event.message.len - 1] : 0;
                (void)last;
            }
            EXPECT(result == 0 || result == RP_ERR_HANDLE);
            result = rp_invites_count(client, &count);
            EXPECT(result == RP_OK || result == RP_ERR_HANDLE);
            EXPECT(rp_invites_get(client, count, &invite) < 0);
            result = rp_matchmaking_join(client, NULL, &request);
            EXPECT(result == RP_OK || result == RP_ERR_HANDLE || result == RP_ERR_BUSY);
            result = rp_matchmaking_state(client, &queue);
            EXPECT(result == RP_ERR_HANDLE || (result == RP_OK && queue.state == RP_QUEUE_IDLE));
            result = rp_link_state(client, &link);
            EXPECT(result == RP_OK || result == RP_ERR_HANDLE);
            EXPECT(rp_last_error(&words) == RP_OK);
            seed = seed * 1103515245u + 12345u;
            if ((seed >> 16) % 4 == 0) {
                result = rp_client_free(client);
                EXPECT(result == RP_OK || result == RP_ERR_HANDLE || result == RP_ERR_TIMEOUT);
                if (result != RP_ERR_HANDLE)
                    atomic_store(&shared[place], make());
            }
        }
    }
    return NULL;
}

static void from_many_threads(void)
{
    pthread_t threads[THREADS];

    for (int place = 0; place < SHARED; place++)
        atomic_store(&shared[place], make());
    for (int index = 0; index < THREADS; index++)
        EXPECT(pthread_create(&threads[index], NULL, worker, (void *)(uintptr_t)(index + 1)) == 0);
    for (int index = 0; index < THREADS; index++)
        EXPECT(pthread_join(threads[index], NULL) == 0);
}

int main(void)
{
    rp_handle client = make(), freed = make();
    uint64_t invented = 88172645463325252u;

    EXPECT(rp_check_version(RP_ABI_VERSION) == RP_OK);
    with_null(client);

    EXPECT(rp_client_free(freed) == RP_OK);
    EXPECT(rp_client_free(freed) == RP_ERR_HANDLE);
    with_bad_client(freed);
    with_bad_client(0);
    with_bad_client(UINT64_MAX);
    with_bad_client(client + 1);
    with_bad_client(client ^ (UINT64_C(1) << 32));
    with_bad_handoff(0, client);
    with_bad_handoff(client, client);
    for (int round = 0; round < 1000; round++) {
        invented ^= invented << 13;
        invented ^= invented >> 7;
        invented ^= invented << 17;
        if (invented == client)
            continue;
        with_bad_client(invented);
        with_bad_handoff(invented, client);
    }

    from_many_threads();

    EXPECT(rp_shutdown_all(20000) == RP_OK);
    EXPECT(rp_shutdown_all(0) == RP_OK);
    with_bad_client(client);
    client = make();
    EXPECT(rp_client_free(client) == RP_OK);
    EXPECT(rp_shutdown_all(20000) == RP_OK);
    if (atomic_load(&mistakes) == 0)
        puts("every abuse was answered with an error");
    return atomic_load(&mistakes) == 0 ? 0 : 1;
}
