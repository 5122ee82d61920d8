/* What the SDK costs a game that waits: a guest signs in, is connected, and nothing happens.
 * Prints a name and a number a line. */

#include "rallypoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { POLLS = 10 * 1000 * 1000, CONNECT_SECONDS = 20, IDLE_SECONDS = 10 };

static void check(const char *what, int32_t code)
{
    rp_str words;

    if (code == RP_OK)
        return;
    if (rp_last_error(&words) != RP_OK)
        words.len = 0;
    fprintf(stderr, "%s: %d %.*s\n", what, (int)code, (int)words.len, words.len ? words.ptr : "");
    exit(1);
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double cpu(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static long resident(void)
{
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");

    if (!statm || fscanf(statm, "%*d %ld", &pages) != 1)
        exit(1);
    fclose(statm);
    return pages * sysconf(_SC_PAGESIZE);
}

/* Takes what there is; 1 once the link is live. */
static int drain(rp_handle client)
{
    rp_event event;
    int32_t link = 0, got;

    while ((got = rp_poll(client, &event)) == 1) {
        if (event.event_type == RP_EVENT_COMPLETED)
            check("sign-in", event.error);
    }
    check("rp_poll", got);
    check("rp_link_state", rp_link_state(client, &link));
    return link == RP_LINK_LIVE;
}

int main(int argc, char **argv)
{
    rp_handle client = 0;
    uint64_t request = 0;
    rp_event event;
    double start, used;

    if (argc != 2)
        return 2;
    check("rp_client_new", rp_client_new(argv[1], strlen(argv[1]), NULL, &client));
    check("rp_guest", rp_guest(client, "Idle", 4, &request));
    for (start = now(); !drain(client); usleep(1000)) {
        if (now() - start > CONNECT_SECONDS) {
            fprintf(stderr, "not connected\n");
            return 1;
        }
    }
    used = cpu();
    start = now();
    while (now() - start < IDLE_SECONDS)
        sleep(1);
    printf("idle_cpu %f\n", (cpu() - used) / (now() - start));
    printf("resident %ld\n", resident());

    drain(client);
    start = now();
    for (long n = 0; n < POLLS; n++) {
        if (rp_poll(client, &event) < 0)
            return 1;
    }
    printf("poll_ns %f\n", (now() - start) * 1e9 / POLLS);
    check("rp_client_free", rp_client_free(client));
    return 0;
}
