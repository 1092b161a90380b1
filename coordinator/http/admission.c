#include "coordinator/http/admission.h"

enum {
    WINDOW_US = 100000,
    // Without anything read or replied: the loop has slept, and what comes is looked at when it comes.
    REST_US = 3000,
    // In flight of all classes; more than the log-ins that may wait for their hash, and with a disk that takes 100 ms for
    // a commit still less than a second's work.
    CROWD = 100,
    // Until more has been seen: careful on a slow machine, and soon corrected on a quick one.
    PER_S_AT_START = 500,
};

// Of a limit for all: each class later in line has a quarter less of it.
static int64_t share(int64_t whole, enum http_class class)
{
    return whole * (ADMISSION_CLASSES - (int)class) / ADMISSION_CLASSES;
}

void admission_flow_init(struct admission_flow *flow, int64_t now_us)
{
    *flow = (struct admission_flow){.per_s = PER_S_AT_START, .window_us = now_us};
}

void admission_init(struct admission *admission, int wait_max_ms, int64_t now_us)
{
    *admission = (struct admission){.wait_max_us = (int64_t)wait_max_ms * 1000,
        .pass_us = now_us,
        .latest_us = now_us,
        .restless_us = now_us};
    for (int class = 0; class < ADMISSION_CLASSES; class ++)
        admission_flow_init(&admission->classes[class], now_us);
}

void admission_saw(struct admission *admission, bool is_new_pass, int64_t now_us)
{
    if (is_new_pass) {
        bool rested = now_us - admission->latest_us >= REST_US;
        admission->pass_before_us = rested ? 0 : admission->latest_us - admission->pass_us;
        if (rested)
            admission->restless_us = now_us;
        admission->pass_us = now_us;
    }
    admission->latest_us = now_us;
}

// Half of the way to what the last window showed: more is always believed, less only of a window that was crowded
// at both ends.
static void close_window(struct admission_flow *flow, int64_t crowd, int64_t now_us)
{
    int64_t elapsed_us = now_us - flow->window_us;
    if (elapsed_us < WINDOW_US)
        return;
    bool is_crowded = flow->n_in_flight >= crowd;
    int64_t seen = (int64_t)flow->n_done * 1000000 / elapsed_us;
    if (seen > flow->per_s || (is_crowded && flow->began_crowded))
        flow->per_s += (seen - flow->per_s) / 2;
    flow->began_crowded = is_crowded;
    flow->n_done = 0;
    flow->window_us = now_us;
}

// For how long the next of this flow would wait.
static int64_t foreseen_us(struct admission_flow *flow, int64_t crowd, int64_t now_us)
{
    close_window(flow, crowd, now_us);
    if (flow->n_in_flight < crowd)
        return 0;
    int64_t wait_us = (int64_t)flow->n_in_flight * 1000000 / (flow->per_s + 1),
            oldest_us = flow->oldest != NULL ? now_us - flow->oldest->since_us : 0;
    return wait_us > oldest_us ? wait_us : oldest_us;
}

static void remember_longest(
    struct admission *admission, enum http_class class, int64_t wait_us, int64_t now_us)
{
    if (wait_us < admission->longest[class].wait_us && now_us < admission->longest[class].until_us)
        return;
    admission->longest[class].wait_us = wait_us;
    admission->longest[class].until_us = now_us + WINDOW_US;
}

bool admission_allows(
    struct admission *admission, struct admission_flow *route, enum http_class class, int64_t now_us)
{
    if (class >= HTTP_CLASS_PROBE)
        return true;
    int64_t crowd = share(CROWD, class), limit_us = share(admission->wait_max_us, class);
    int64_t unread_us = now_us - admission->restless_us >= admission->wait_max_us
                            ? now_us - admission->pass_us + admission->pass_before_us
                            : 0;
    int64_t wait_us = foreseen_us(route, crowd, now_us);
    remember_longest(admission, class, wait_us, now_us);
    for (int before = 0; before < (int)class; before++)
        if (now_us < admission->longest[before].until_us && admission->longest[before].wait_us > limit_us)
            return false;
    return unread_us + wait_us <= limit_us &&
           unread_us + foreseen_us(&admission->classes[class], crowd, now_us) <= limit_us;
}

void admission_enter(struct admission *admission, struct admission_flow *route, enum http_class class,
    struct admission_ticket *ticket, int64_t now_us)
{
    *ticket = (struct admission_ticket){.previous = route->newest, .since_us = now_us};
    if (route->newest != NULL)
        route->newest->next = ticket;
    else
        route->oldest = ticket;
    route->newest = ticket;
    route->n_in_flight++;
    for (int behind = (int)class; behind < ADMISSION_CLASSES; behind++)
        admission->classes[behind].n_in_flight++;
}

static void leave(struct admission_flow *flow)
{
    flow->n_in_flight--;
    flow->n_done++;
}

void admission_leave(struct admission *admission, struct admission_flow *route, enum http_class class,
    struct admission_ticket *ticket)
{
    if (ticket->previous != NULL)
        ticket->previous->next = ticket->next;
    else
        route->oldest = ticket->next;
    if (ticket->next != NULL)
        ticket->next->previous = ticket->previous;
    else
        route->newest = ticket->previous;
    leave(route);
    for (int behind = (int)class; behind < ADMISSION_CLASSES; behind++)
        leave(&admission->classes[behind]);
}
