// Rate limits with cost, by the generic cell rate algorithm (ITU-T I.371, annex A, as virtual scheduling): `burst` units
// may be spent at once, and come back one by one, evenly over `window`. All that is kept of a spender is one number, the
// theoretical arrival time: when the last unit spent will have come back. At or before now it says nothing, so that who
// is at rest need not be kept at all.
//
// Pure, whole nanoseconds of one clock. The interval of a unit is rounded once, up: never more than the stated rate
// passes, and no error adds up. A clock that goes back gives nothing away: who spent at a later time waits for it.
#ifndef BASE_GCRA_H
#define BASE_GCRA_H

#include "base/base.h"

enum { GCRA_BURST_MAX = 1000000, GCRA_WINDOW_MAX_S = 86400 };

struct gcra {
    int64_t burst;       // 1 .. GCRA_BURST_MAX
    int64_t interval_ns; // after which a unit has come back
};

struct gcra_answer {
    enum {
        GCRA_ADMITTED,
        GCRA_WAIT, // nothing was spent; it would be admitted `wait_ns` from now
        GCRA_NEVER // it costs more than the burst
    } verdict;
    int64_t tat_ns;    // to be kept: what was given unless ADMITTED
    int64_t wait_ns;   // WAIT only
    int64_t remaining; // units that can be spent now (after this, when it was admitted)
    int64_t full_ns;   // from now, until all units are there again
};

// `window_s` is 1 .. GCRA_WINDOW_MAX_S.
void gcra_init(struct gcra *limit, int64_t burst, int64_t window_s);
// Asks for `cost` (0 or more) units at `now_ns` (0 or more) of who has `tat_ns` (0 when nothing is known).
struct gcra_answer gcra_spend(const struct gcra *limit, int64_t tat_ns, int64_t now_ns, int64_t cost);
// Takes them without asking, as far as they are there: for a price that shows only afterwards. Returns the new tat_ns.
int64_t gcra_charge(const struct gcra *limit, int64_t tat_ns, int64_t now_ns, int64_t cost);

#endif
