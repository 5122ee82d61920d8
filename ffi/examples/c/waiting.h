/*
 * What the examples have in common: a program that asks, and waits for the answer. A game polls once a frame instead,
 * and draws in between: see quick_match.c.
 */
#ifndef WAITING_H
#define WAITING_H

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

static inline int failed(const char *what)
{
    rp_str reason = { NULL, 0 };
    rp_last_error(&reason);
    fprintf(stderr, "%s failed: %.*s\n", what, TEXT(reason));
    return 0;
}

/* Polls until an event of this type arrives, of this request if it is not 0. */
static inline int wait_for(rp_handle client, int32_t type, uint64_t request, rp_event *event)
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
static inline int sign_in(const char *url, const char *name, rp_handle *client, int64_t *user_id)
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

#endif
