/*
 * Two players in one program: a host who makes a session and invites, and a guest who accepts.
 *
 *     pair http://127.0.0.1:7777
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "rallypoint.h"

enum { TIMEOUT_S = 60 };

/* Prints an rp_str: it has a length, and no NUL at its end. */
#define TEXT(text) (int)(text).len, (text).ptr ? (text).ptr : ""

static int failed(const char *what)
{
    rp_str reason = { NULL, 0 };
    rp_last_error(&reason);
    fprintf(stderr, "%s failed: %.*s\n", what, TEXT(reason));
    return 0;
}

/* Polls until an event of this type arrives, of this request if it is not 0. A game polls once a frame instead,
 * and draws in between. */
static int wait_for(rp_handle client, int32_t type, uint64_t request, rp_event *event)
{
    const struct timespec frame = { 0, 5 * 1000 * 1000 };
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        int32_t polled;
        while ((polled = rp_poll(client, event)) == 1) {
            if (event->event_type != type || (request != 0 && event->request != request))
                continue;
            if (event->error == RP_OK)
                return 1;
            fprintf(stderr, "refused with %" PRId32 ": %.*s\n", event->error, TEXT(event->message));
            return 0;
        }
        if (polled < 0)
            return failed("rp_poll");
        nanosleep(&frame, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - start.tv_sec < TIMEOUT_S);
    fprintf(stderr, "waited %d s for event %" PRId32 "\n", TIMEOUT_S, type);
    return 0;
}

/* Makes a client, signs it in and waits until events reach it. */
static int sign_in(const char *url, const char *name, rp_handle *client, int64_t *user_id)
{
    uint64_t request;
    rp_event event;
    int32_t link;

    if (rp_client_new(url, strlen(url), NULL, client) != RP_OK)
        return failed("rp_client_new");
    if (rp_guest(*client, name, strlen(name), &request) != RP_OK)
        return failed("rp_guest");
    if (!wait_for(*client, RP_EVENT_COMPLETED, request, &event))
        return 0;
    *user_id = event.user_id;
    printf("%s is %.*s#%.*s\n", name, TEXT(event.display_name), TEXT(event.tag));
    for (;;) {
        if (rp_link_state(*client, &link) != RP_OK)
            return failed("rp_link_state");
        if (link == RP_LINK_LIVE)
            return 1;
        if (!wait_for(*client, RP_EVENT_LINK, 0, &event))
            return 0;
    }
}

static int play(rp_handle host, rp_handle guest, int64_t guest_id)
{
    uint64_t request;
    rp_event event;
    char code[6];
    int64_t invite_id;

    if (rp_session_create(host, NULL, &request) != RP_OK)
        return failed("rp_session_create");
    if (!wait_for(host, RP_EVENT_COMPLETED, request, &event) || event.session_code.len != sizeof code)
        return 0;
    /* The text goes with the next poll: keep what is needed later. */
    memcpy(code, event.session_code.ptr, sizeof code);
    printf("host made session %.*s\n", (int)sizeof code, code);

    if (rp_invite_send(host, guest_id, code, sizeof code, &request) != RP_OK)
        return failed("rp_invite_send");
    if (!wait_for(host, RP_EVENT_COMPLETED, request, &event))
        return 0;

    if (!wait_for(guest, RP_EVENT_INVITE_ADDED, 0, &event))
        return 0;
    invite_id = event.invite_id;
    printf("guest is invited by %.*s, %" PRId64 " s left\n", TEXT(event.sender_name), event.remaining_ms / 1000);
    if (rp_invite_shown(guest, invite_id) != RP_OK)
        return failed("rp_invite_shown");

    if (rp_invite_accept(guest, invite_id, &request) != RP_OK)
        return failed("rp_invite_accept");
    if (!wait_for(guest, RP_EVENT_COMPLETED, request, &event) || event.status != RP_STATUS_ACCEPTED)
        return 0;
    printf("guest plays on %.*s:%" PRId32 "\n", TEXT(event.server_ip), event.server_port);

    do {
        if (!wait_for(host, RP_EVENT_SENT_INVITE_CHANGED, 0, &event))
            return 0;
    } while (event.invite_id != invite_id || event.progress != RP_PROGRESS_ACCEPTED);
    printf("host knows that the guest comes\n");
    return 1;
}

int main(int argc, char **argv)
{
    rp_handle host = 0, guest = 0;
    int64_t host_id, guest_id;
    int went_well;

    if (argc != 2) {
        fprintf(stderr, "usage: pair URL\n");
        return 2;
    }
    if (rp_check_version(RP_ABI_VERSION) != RP_OK)
        return failed("rp_check_version"), 1;
    went_well = sign_in(argv[1], "Host", &host, &host_id) && sign_in(argv[1], "Guest", &guest, &guest_id) &&
                play(host, guest, guest_id);
    if (rp_shutdown_all(10000) != RP_OK)
        went_well = failed("rp_shutdown_all");
    return went_well ? 0 : 1;
}
