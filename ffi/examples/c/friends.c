/*
 * Friends: one asks, the other accepts, says something of herself and is challenged to a match on a map.
 *
 *     friends http://127.0.0.1:7777
 */
#include "waiting.h"

/* Waits until somebody's event tells of a friendship, and reads its row. */
static int wait_for_friend(rp_handle client, int32_t type, rp_friend *row)
{
    rp_event event;

    if (!wait_for(client, type, 0, &event))
        return 0;
    return rp_event_friend(client, row) == RP_OK || failed("rp_event_friend");
}

static int become_friends(rp_handle ace, rp_handle bea, int64_t beas_id, int64_t *friendship)
{
    uint64_t request;
    rp_event event;
    rp_friend row;

    if (rp_friend_request_user(ace, beas_id, &request) != RP_OK)
        return failed("rp_friend_request_user");
    if (!wait_for(ace, RP_EVENT_COMPLETED, request, &event) || !wait_for_friend(bea, RP_EVENT_FRIEND_REQUESTED, &row))
        return 0;
    printf("Bea: %.*s asks to be a friend\n", TEXT(row.user.display_name));
    *friendship = row.friendship_id;
    if (rp_friend_accept(bea, row.friendship_id, &request) != RP_OK)
        return failed("rp_friend_accept");
    if (!wait_for(bea, RP_EVENT_COMPLETED, request, &event) || !wait_for_friend(ace, RP_EVENT_FRIEND_ACCEPTED, &row))
        return 0;
    printf("Ace: %.*s is a friend, and %s\n", TEXT(row.user.display_name), row.user.online ? "there" : "away");
    return row.friendship_id == *friendship && row.status == RP_STATUS_ACCEPTED;
}

/* What a friends list draws: no request is needed for it. */
static int show_friends(rp_handle client, const char *whose)
{
    size_t count, index;
    rp_friend row;

    if (rp_friends_count(client, &count, NULL) != RP_OK)
        return failed("rp_friends_count");
    printf("%s's list:\n", whose);
    for (index = 0; index < count; ++index) {
        if (rp_friends_get(client, index, &row) != RP_OK)
            return failed("rp_friends_get");
        printf("  %.*s#%.*s: %s, \"%.*s\"\n", TEXT(row.user.display_name), TEXT(row.user.tag),
               row.in_game ? "in a match" : row.user.online ? "online" : "offline", TEXT(row.user_status));
    }
    return count == 1;
}

static int say_something(rp_handle ace, rp_handle bea)
{
    static const char status[] = "warming up";
    uint64_t request;
    rp_event event;

    if (rp_set_status(bea, status, sizeof status - 1, &request) != RP_OK)
        return failed("rp_set_status");
    if (!wait_for(bea, RP_EVENT_COMPLETED, request, &event))
        return 0;
    do {
        if (!wait_for(ace, RP_EVENT_PRESENCE, 0, &event))
            return 0;
    } while (event.user_status.len == 0);
    return show_friends(ace, "Ace");
}

static int show_trace(rp_handle client, int64_t invite_id)
{
    static const char *const steps[] = { "?", "created", "delivered", "seen", "accepted", "declined", "cancelled",
                                         "expired" };
    uint64_t request;
    rp_event event;

    if (rp_invite_trace(client, invite_id, &request) != RP_OK)
        return failed("rp_invite_trace");
    printf("its life:");
    while (wait_for(client, RP_EVENT_TRACE_STEP, request, &event)) {
        printf(" %s", event.state > 0 && event.state <= RP_STEP_EXPIRED ? steps[event.state] : steps[0]);
        if (event.message.len > 0)
            printf(" (%.*s)", TEXT(event.message));
        if (event.state == RP_STEP_ACCEPTED) {
            printf("\n");
            return wait_for(client, RP_EVENT_COMPLETED, request, &event) && event.count == 4;
        }
    }
    return 0;
}

static int challenge(rp_handle ace, rp_handle bea, int64_t beas_id, int64_t friendship)
{
    static const char map[] = "arena";
    uint64_t request;
    rp_event event;
    int64_t invite_id, about;

    if (rp_challenge(ace, beas_id, map, sizeof map - 1, &request) != RP_OK)
        return failed("rp_challenge");
    if (!wait_for(ace, RP_EVENT_COMPLETED, request, &event))
        return 0;
    invite_id = event.invite_id;

    do {
        if (!wait_for(bea, RP_EVENT_INVITE_ADDED, 0, &event))
            return 0;
    } while (event.kind != RP_INVITE_KIND_MAP);
    if (rp_event_friendship(bea, &about) != RP_OK)
        return failed("rp_event_friendship");
    printf("Bea: %.*s challenges her on %.*s\n", TEXT(event.sender_name), TEXT(event.map));
    if (event.invite_id != invite_id || about != friendship)
        return 0;
    if (rp_invite_shown(bea, invite_id) != RP_OK)
        return failed("rp_invite_shown");
    if (rp_invite_accept(bea, invite_id, &request) != RP_OK)
        return failed("rp_invite_accept");
    if (!wait_for(bea, RP_EVENT_COMPLETED, request, &event) || event.status != RP_STATUS_ACCEPTED)
        return 0;
    printf("Bea: plays game %.*s\n", TEXT(event.game_id));

    do {
        if (!wait_for(ace, RP_EVENT_SENT_INVITE_CHANGED, 0, &event))
            return 0;
    } while (event.invite_id != invite_id || event.progress != RP_PROGRESS_ACCEPTED);
    /* The text goes with the next poll; the library copies it before. */
    if (rp_session_access(ace, event.session_code.ptr, event.session_code.len, &request) != RP_OK)
        return failed("rp_session_access");
    if (!wait_for(ace, RP_EVENT_COMPLETED, request, &event))
        return 0;
    printf("Ace: plays game %.*s\n", TEXT(event.game_id));
    return show_trace(ace, invite_id);
}

static int part(rp_handle ace, rp_handle bea, int64_t friendship)
{
    uint64_t request;
    rp_event event;
    rp_friend row;

    if (rp_friend_remove(bea, friendship, &request) != RP_OK)
        return failed("rp_friend_remove");
    if (!wait_for(bea, RP_EVENT_COMPLETED, request, &event) || !wait_for_friend(ace, RP_EVENT_FRIEND_REMOVED, &row))
        return 0;
    printf("Ace: %.*s is a friend no more\n", TEXT(row.user.display_name));
    return row.friendship_id == friendship;
}

int main(int argc, char **argv)
{
    rp_handle ace = 0, bea = 0;
    int64_t aces_id, beas_id, friendship;
    int went_well;

    if (argc != 2) {
        fprintf(stderr, "usage: friends URL\n");
        return 2;
    }
    if (rp_check_version(RP_ABI_VERSION) != RP_OK)
        return failed("rp_check_version"), 1;
    went_well = sign_in(argv[1], "Ace", &ace, &aces_id) && sign_in(argv[1], "Bea", &bea, &beas_id) &&
                become_friends(ace, bea, beas_id, &friendship) && say_something(ace, bea) &&
                challenge(ace, bea, beas_id, friendship) && part(ace, bea, friendship);
    if (rp_shutdown_all(10000) != RP_OK)
        went_well = failed("rp_shutdown_all");
    return went_well ? 0 : 1;
}
