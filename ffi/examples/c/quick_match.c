/*
 * Matchmaking, as a game's loop would do it. Two players of one program join the queue and find each other; then one
 * walks away, and the other is told.
 *
 *     quick_match http://127.0.0.1:7777
 */
#include "waiting.h"

enum { PLAYERS = 2 };

struct player {
    const char *name;
    rp_handle client;
    uint64_t leaving;
    /* The first one walks away from the match, the second one stays. */
    int walks_away;
    int matched;
    int done;
};

static void show_place(const struct player *player, const rp_queue *queue)
{
    printf("%s: %" PRId32 " of %" PRId32 ", waits for %" PRId64 " s", player->name, queue->position, queue->queue_size,
           queue->waited_ms / 1000);
    if (queue->estimate_ms >= 0)
        printf(", others have waited %" PRId64 " s", queue->estimate_ms / 1000);
    if (queue->window >= 0)
        printf(", takes %" PRId32 " +- %" PRId32, queue->rating, queue->window);
    printf("\n");
}

static void show_match(const struct player *player, const rp_queue *queue)
{
    printf("%s: plays %.*s#%.*s on the %s\n", player->name, TEXT(queue->opponent.display_name),
           TEXT(queue->opponent.tag), queue->side == RP_SIDE_LEFT ? "left" : "right");
    /* A game connects now: over netcode with the token, or over a WebSocket. Connecting is accepting. */
    printf("%s: game %.*s at %.*s:%" PRId32 ", or %.*s\n", player->name, TEXT(queue->game_id), TEXT(queue->server_ip),
           queue->server_port, TEXT(queue->ws_url));
}

/* One event. False if it is one that must not happen. */
static int hear(struct player *player, const rp_event *event)
{
    rp_queue queue;
    rp_match_end end;
    uint64_t request;

    switch (event->event_type) {
    case RP_EVENT_COMPLETED:
        if (event->error != RP_OK) {
            fprintf(stderr, "%s is refused with %" PRId32 ": %.*s\n", player->name, event->error,
                    TEXT(event->message));
            return 0;
        }
        if (event->operation == RP_OPERATION_GUEST) {
            /* Any speed, not for the rating, first to three points. */
            rp_game_options options = { RP_SPEED_UNSET, RP_NO, RP_UNSET, 3, 0, 0 };
            if (rp_matchmaking_join(player->client, &options, &request) != RP_OK)
                return failed("rp_matchmaking_join");
        }
        if (event->operation == RP_OPERATION_MATCHMAKING_LEAVE && event->request == player->leaving)
            player->done = 1;
        return 1;
    case RP_EVENT_QUEUE_CHANGED:
        if (rp_event_queue(player->client, &queue) != RP_OK)
            return failed("rp_event_queue");
        if (queue.state == RP_QUEUE_QUEUED)
            show_place(player, &queue);
        return 1;
    case RP_EVENT_MATCH_FOUND:
        if (rp_event_queue(player->client, &queue) != RP_OK)
            return failed("rp_event_queue");
        show_match(player, &queue);
        player->matched = 1;
        return 1;
    case RP_EVENT_MATCH_CANCELLED:
        if (rp_event_match_end(player->client, &end) != RP_OK)
            return failed("rp_event_match_end");
        printf("%s: no match. %.*s%s\n", player->name, TEXT(event->message), end.requeued ? " Back in the queue." : "");
        if (!player->walks_away && rp_matchmaking_leave(player->client, &player->leaving) != RP_OK)
            return failed("rp_matchmaking_leave");
        return 1;
    default:
        return 1;
    }
}

/* What a game does once a frame. */
static int frame(struct player *player)
{
    rp_event event;
    int32_t polled;

    while ((polled = rp_poll(player->client, &event)) == 1) {
        if (!hear(player, &event))
            return 0;
    }
    return polled < 0 ? failed("rp_poll") : 1;
}

static int start(struct player *player, const char *url)
{
    uint64_t request;

    if (rp_client_new(url, strlen(url), NULL, &player->client) != RP_OK)
        return failed("rp_client_new");
    if (rp_guest(player->client, player->name, strlen(player->name), &request) != RP_OK)
        return failed("rp_guest");
    return 1;
}

static int play(struct player players[PLAYERS])
{
    const struct timespec pause = { 0, 5 * 1000 * 1000 };
    struct timespec begin, now;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    do {
        if (!frame(&players[0]) || !frame(&players[1]))
            return 0;
        if (players[0].done && players[1].done)
            return 1;
        /* Not before both know: a match that is cancelled first is news to nobody. */
        if (players[0].matched && players[1].matched && players[0].leaving == 0 &&
            rp_matchmaking_leave(players[0].client, &players[0].leaving) != RP_OK)
            return failed("rp_matchmaking_leave");
        nanosleep(&pause, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - begin.tv_sec < TIMEOUT_S);
    fprintf(stderr, "not done after %d s\n", TIMEOUT_S);
    return 0;
}

int main(int argc, char **argv)
{
    struct player players[PLAYERS] = { { "Ace", 0, 0, 1, 0, 0 }, { "Bea", 0, 0, 0, 0, 0 } };
    int went_well;

    if (argc != 2) {
        fprintf(stderr, "usage: quick_match URL\n");
        return 2;
    }
    if (rp_check_version(RP_ABI_VERSION) != RP_OK)
        return failed("rp_check_version"), 1;
    went_well = start(&players[0], argv[1]) && start(&players[1], argv[1]) && play(players);
    if (rp_shutdown_all(10000) != RP_OK)
        went_well = failed("rp_shutdown_all");
    return went_well ? 0 : 1;
}
