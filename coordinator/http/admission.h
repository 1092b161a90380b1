// Who is let in when there is more to do than can soon be done. A request is refused at once, before its body is read,
// when it would have to wait for longer than `wait_max`; a read when for longer than three quarters of it, a score half,
// an import or export a quarter: so judgments and votes go on when the others have been told to come back.
//
// The wait is foreseen, not looked back on: how many are in flight, divided by how many are finished a second when there
// is that much to do (Little's law). It is asked of two flows: the requests of the same route, which stand in the same
// queues (a judgment is not kept out by a crowd that waits for tasks), and those of its class and the classes before it
// together. And no class is let in when a route of a class before it would make wait for longer than this one may.
// Only while many are in flight does the rate say what can be done at best, so only then may it fall; and below that many
// nobody is refused, or one slow request would shut out all others. Not all requests of a route fare alike (most tasks are
// read ahead, some are searched for): the next one is taken to wait for at least as long as the oldest in flight has. To
// this comes the time that the request has lain unread, at most: this pass of the loop over the sockets that have
// something, and the one before. It counts when the loop has had no rest for as long as `wait_max`: one that was held up
// for a moment is not overloaded.
//
// Pure; one a loop, on its thread. Times are monotonic.
#ifndef COORDINATOR_HTTP_ADMISSION_H
#define COORDINATOR_HTTP_ADMISSION_H

#include "base/base.h"
#include "coordinator/http/http.h"

enum { ADMISSION_CLASSES = HTTP_CLASS_PROBE }; // the classes before it, in the order of enum http_class

// A request of a route that is in flight; part of the request.
struct admission_ticket {
    struct admission_ticket *previous, *next;
    int64_t since_us;
};

struct admission_flow {
    int n_in_flight;
    struct admission_ticket *oldest, *newest; // of a route
    int64_t per_s;                            // finished a second when there was enough to do
    // This window.
    bool began_crowded;
    int n_done;
    int64_t window_us;
};

struct admission {
    int64_t wait_max_us;
    struct admission_flow classes[ADMISSION_CLASSES]; // each with those before it
    struct {
        int64_t wait_us, until_us;
    } longest[ADMISSION_CLASSES]; // foreseen of any route of the class, a moment ago
    // This pass of the loop: when it first read or replied, when last so far, and how long that took the pass before.
    int64_t pass_us, latest_us, pass_before_us;
    int64_t restless_us; // since when one pass has followed the other
};

void admission_init(struct admission *admission, int wait_max_ms, int64_t now_us);
void admission_flow_init(struct admission_flow *flow, int64_t now_us); // of a route
// Something was read or replied; is it the first in this pass of the loop?
void admission_saw(struct admission *admission, bool is_new_pass, int64_t now_us);
bool admission_allows(
    struct admission *admission, struct admission_flow *route, enum http_class class, int64_t now_us);
// The handler is called; it has replied.
void admission_enter(struct admission *admission, struct admission_flow *route, enum http_class class,
    struct admission_ticket *ticket, int64_t now_us);
void admission_leave(struct admission *admission, struct admission_flow *route, enum http_class class,
    struct admission_ticket *ticket);

#endif
