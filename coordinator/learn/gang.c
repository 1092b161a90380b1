// Workers that help with a fit: idle ones, as many as the fit asks for and as there are. They get the same columns from the same
// snapshot, and what each says of its parts goes to the others; the link that holds the lease alone brings a result home. A helper may
// be lost at any time: whoever leads is told, and goes on alone to the same bytes.
#include "coordinator/learn/internal.h"

#include "base/log.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>

enum { SHARE_WAITING_MAX_BYTES = 4 * 1024 * 1024 }; // to go out to one, before the others are not read on

static bool is_idle(const struct link *link)
{
    return link->state == LINK_OPEN && link->ready && link->lease == NULL && link->helps == NULL;
}

uint32_t gang_gather(struct lease *lease, uint32_t wanted)
{
    struct link *link;
    lease->n_ranks = 1;
    LIST_FOREACH(link, &lease->learn->links, entry)
    {
        if (lease->n_ranks >= wanted || lease->n_ranks >= WIRE_RANKS_MAX)
            break;
        if (!is_idle(link))
            continue;
        link->helps = lease;
        link->ready = false;
        link->credits = 0;
        link->rank = lease->n_ranks;
        lease->helpers[lease->n_ranks++] = link;
    }
    return lease->n_ranks;
}

// Link of a rank, or NULL.
static struct link *link_of(const struct lease *lease, uint32_t rank)
{
    return rank == 0 ? lease->link : lease->helpers[rank];
}

bool gang_may_write(const struct lease *lease, bool *ret_with_credit)
{
    *ret_with_credit = true;
    for (uint32_t r = 0; r < lease->n_ranks; r++) {
        const struct link *link = link_of(lease, r);
        if (link != NULL && link_waiting(link) >= LEARN_OUT_ENOUGH_BYTES)
            return false;
        *ret_with_credit = *ret_with_credit && (link == NULL || link->credits > 0);
    }
    return true;
}

void gang_write(struct lease *lease, const struct buf *frame, bool is_chunk)
{
    for (uint32_t r = 0; r < lease->n_ranks; r++) {
        struct link *link = link_of(lease, r);
        if (link == NULL)
            continue;
        link->credits -= is_chunk;
        bufferevent_write(link->events, frame->data, frame->length);
    }
}

// --- what they say to each other --------------------------------------------------------------------------------------
static void resume(struct link *link)
{
    if (link != NULL && link->is_paused && link->state == LINK_OPEN) {
        link->is_paused = false;
        bufferevent_enable(link->events, EV_READ);
    }
}

void gang_resume(struct lease *lease)
{
    for (uint32_t r = 0; r < lease->n_ranks; r++) {
        const struct link *link = link_of(lease, r);
        if (link != NULL && link_waiting(link) >= SHARE_WAITING_MAX_BYTES)
            return;
    }
    for (uint32_t r = 0; r < lease->n_ranks; r++)
        resume(link_of(lease, r));
}

void gang_share(struct link *from, uint32_t stream, const Plenum__Share *share)
{
    struct lease *lease = from->helps != NULL ? from->helps : from->lease;
    if (lease == NULL || lease->stream_id != stream || lease->state == LEASE_OVER)
        return; // of a lease that has ended: the worker will hear of it
    if (share->rank != (from->helps != NULL ? from->rank : 0)) {
        link_refuse(from, WIRE_REFUSED_PROTOCOL, "a share in another's name");
        return;
    }
    for (uint32_t r = 0; r < lease->n_ranks; r++) {
        struct link *link = link_of(lease, r);
        if (link == NULL || link == from)
            continue;
        link_say(link, WIRE_SHARE, stream, share);
        if (link_waiting(link) >= SHARE_WAITING_MAX_BYTES && !from->is_paused) {
            from->is_paused = true;
            bufferevent_disable(from->events, EV_READ);
        }
    }
}

// --- the end of it ----------------------------------------------------------------------------------------------------
static void let_go(struct link *link, uint32_t stream, const char *reason)
{
    link->helps = NULL;
    resume(link);
    link_cancel(link, stream, reason);
}

void gang_dismiss(struct lease *lease, const char *reason)
{
    for (uint32_t r = 1; r < lease->n_ranks; r++) {
        if (lease->helpers[r] != NULL)
            let_go(lease->helpers[r], lease->stream_id, reason);
        lease->helpers[r] = NULL;
    }
    lease->n_ranks = 1;
    resume(lease->link);
}

void gang_ended(struct link *link)
{
    struct lease *lease = link->helps;
    link->helps = NULL;
    resume(link);
    lease->helpers[link->rank] = NULL;
    gang_resume(lease);
}

void gang_lost(struct link *link)
{
    struct lease *lease = link->helps;
    Plenum__Share lost = PLENUM__SHARE__INIT; // no bytes
    lost.rank = link->rank;
    log_event(LOG_WARNING, "helper_lost", LOG_NUMBER("fence", lease->fence), LOG_NUMBER("rank", link->rank));
    gang_ended(link);
    if (lease->link != NULL)
        link_say(lease->link, WIRE_SHARE, lease->stream_id, &lost);
    gang_dismiss(lease, "another helper was lost");
    if (lease->state == LEASE_STREAMING && lease->link != NULL)
        jobs_pump(lease); // it may have been waited for
}
