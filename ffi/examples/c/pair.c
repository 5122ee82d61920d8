/*
 * Two players in one program: a host who makes a session and invites, and a guest who accepts.
 *
 *     pair http://127.0.0.1:7777
 */
#include "waiting.h"

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
