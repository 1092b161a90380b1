// The inside of the learning room. All of it belongs to the first loop's thread unless it says otherwise.
//
// A link is one worker's connection; a lease is this coordinator's memory of a job that one of its links works on (what
// counts is the job's row: fence and expiry). Neither is freed while a database call or pool work names it: links are
// looked up by number when an answer comes, leases count their calls.
#ifndef COORDINATOR_LEARN_INTERNAL_H
#define COORDINATOR_LEARN_INTERNAL_H

#include "base/base.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/tls.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/loop.h"
#include "proto/wire.h"

#include <sys/queue.h>

struct bufferevent;
struct event;
struct stream;

enum {
    LEARN_LINKS_MAX = 256,
    LEARN_UNKNOWN_LINKS_MAX = 32, // that have not said hello
    LEARN_STREAMS_MAX = 4,        // datasets under way; more workers wait
    LEARN_HELLO_MS = 10000,
    LEARN_HEARTBEAT_MS = 4000,
    LEARN_IDLE_MS = 15000,
    LEARN_LEASE_MS = 20000,
    LEARN_GRACE_MS = 4000, // for a worker whose link broke within a fit to come back
    LEARN_OUT_ENOUGH_BYTES = 1024 * 1024,
};

enum link_state {
    LINK_SHAKING,  // TLS
    LINK_GREETING, // hello or enrol is awaited
    LINK_CHECKING, // the database is asked about the worker
    LINK_OPEN,
    LINK_LEAVING, // what waits is sent, then it closes
    LINK_DEAD,    // on its way to the end of the turn
};

struct link {
    LIST_ENTRY(link) entry;
    uint64_t number;
    struct learn *learn;
    struct bufferevent *events;
    enum link_state state;
    int64_t deadline_us, seen_us;
    bool has_name, ready;
    struct uuid worker;
    char certificate_hex[2 + HASH_HEX_BYTES]; // "\x..."
    struct lease *lease;
    struct lease *helps; // with this one's fit, as `rank`
    uint32_t rank, credits;
    bool is_paused; // not read, until others have taken what it said
    // What hello said it holds.
    bool holds;
    struct uuid held_job;
    uint64_t held_fence;
    uint32_t held_stream;
};

enum lease_state {
    LEASE_TAKING,    // the fit's row is asked
    LEASE_STREAMING, // columns go out
    LEASE_FITTING,   // the worker computes, then sends the artefact
    LEASE_STORING,   // on the pool
    LEASE_OVER,
};

struct lease {
    LIST_ENTRY(lease) entry;
    struct learn *learn;
    struct link *link; // NULL: broken
    enum lease_state state;
    int n_calls; // callbacks still to come
    struct uuid job;
    int64_t shard_key;
    struct uuid fit;
    uint64_t fence;
    uint32_t stream_id; // of frames
    struct stream *stream;
    uint32_t n_ranks;                     // who works on it, the link too; 0 as long as nobody was gathered
    struct link *helpers[WIRE_RANKS_MAX]; // by rank, from 1 on; NULL: gone
    unsigned char snapshot[HASH_BYTES];
    char *about; // what its card says of embeddings, JSON; NULL: nothing
    // The artefact as it comes in.
    char path[512];
    int fd;
    struct hash_stream *hash;
    uint64_t size;
    struct storing *storing;
    int64_t retry_us; // when storing is tried again; 0: not
};

struct learn {
    struct app *app;
    struct loop *loop; // the first one
    struct tls_authority *authority;
    SSL_CTX *context;
    int64_t context_us;
    int listen_fd, wake_fd;
    struct event *on_accept, *on_wake, *on_tick, *on_reap;
    LIST_HEAD(link_list, link) links;
    LIST_HEAD(lease_list, lease) leases;
    LIST_HEAD(stream_list, stream) streams;
    uint64_t n_links_ever;
    uint32_t last_stream_id;
    int n_links, n_unknown, n_streams;
    bool stopping, leasing;
    int64_t polled_us, spent_us, lease_after_us, refits_us;
    bool is_refitting; // one schedule is being looked at
};

// --- links.c ------------------------------------------------------------------------------------------------------
void links_accept(struct learn *learn);
struct link *links_find(struct learn *learn, uint64_t number); // NULL when it is gone
void links_tick(struct learn *learn, int64_t now_us);
void links_reap(struct learn *learn); // frees the dead
void link_say(struct link *link, enum wire_type type, uint32_t stream, const void *message);
void link_cancel(struct link *link, uint32_t stream, const char *reason); // what the worker does under it
void link_refuse(struct link *link, enum wire_refusal code, const char *detail); // and closes
void link_close(struct link *link);                                              // at the end of the turn
size_t link_waiting(const struct link *link);                                    // bytes to go out

// --- greeting.c -----------------------------------------------------------------------------------------------------
void greeting_hello(struct link *link, const Plenum__Hello *hello);
void greeting_enrol(struct link *link, const Plenum__Enrol *enrol);
void greeting_welcome(struct link *link);
void greeting_seen(struct link *link); // tells the database, and finds out whether the worker was revoked

// --- jobs.c -----------------------------------------------------------------------------------------------------------
void jobs_poll(struct learn *learn);  // leases for whoever is ready
void jobs_check(struct learn *learn); // were any cancelled?
void jobs_tick(struct learn *learn, int64_t now_us);
void jobs_hold(struct link *link); // takes up what hello said it holds, then lets the worker in
void jobs_link_lost(struct link *link);
void jobs_message(struct link *link, unsigned type, uint32_t stream, const void *message);
void jobs_pump(struct lease *lease); // columns out, as credits and the socket allow
void jobs_stream_failed(struct lease *lease, int rc, const struct err *err);
void jobs_stored(struct lease *lease, int rc, bool counted, const char *detail);
void lease_call_ended(struct lease *lease); // one of n_calls; may free it
void lease_over(struct lease *lease);

// --- registry.c -------------------------------------------------------------------------------------------------------
int registry_sweep(
    const char *data_folder, struct err *err) MUST_CHECK; // makes the folder, removes leftovers
// ERR_INVALID: the worker broke the protocol. ERR_IO: this machine's disk.
int registry_chunk(struct lease *lease, const Plenum__ArtefactChunk *chunk, struct err *err) MUST_CHECK;
int registry_result(struct lease *lease, const Plenum__Result *result, struct err *err) MUST_CHECK;
void registry_retry(struct lease *lease);
void registry_drop(struct lease *lease);   // what came in of an artefact
void registry_forget(struct lease *lease); // at the very end

// --- gang.c -------------------------------------------------------------------------------------------------------------
uint32_t gang_gather(struct lease *lease,
    uint32_t wanted); // idle workers to help; gives how many they are with the link itself
bool gang_may_write(const struct lease *lease, bool *ret_with_credit); // to all of them
void gang_write(struct lease *lease, const struct buf *frame, bool is_chunk);
void gang_share(struct link *from, uint32_t stream, const Plenum__Share *share);
void gang_resume(struct lease *lease);                      // once somebody has taken what waited
void gang_dismiss(struct lease *lease, const char *reason); // the helpers, all of them
void gang_ended(struct link *link);                         // a helper that is done
void gang_lost(struct link *link);                          // one that is not

// --- refits.c ---------------------------------------------------------------------------------------------------------
void refits_tick(struct learn *learn, int64_t now_us); // asks for fits whose time has come

extern const struct http_route learn_routes[];

#endif
