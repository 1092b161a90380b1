#include "base/gcra.h"

enum { NS_A_SECOND = 1000000000 };

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void gcra_init(struct gcra *limit, int64_t burst, int64_t window_s)
{
    assert(burst > 0 && burst <= GCRA_BURST_MAX && window_s > 0 && window_s <= GCRA_WINDOW_MAX_S);
    limit->burst = burst;
    limit->interval_ns = (window_s * NS_A_SECOND + burst - 1) / burst;
}

// Nothing here overflows: a burst comes back within a day and a millisecond, and now is far from 292 years.
struct gcra_answer gcra_spend(const struct gcra *limit, int64_t tat_ns, int64_t now_ns, int64_t cost)
{
    assert(cost >= 0 && now_ns >= 0);
    int64_t tolerance_ns = limit->burst * limit->interval_ns;
    struct gcra_answer answer = {.verdict = GCRA_NEVER, .tat_ns = tat_ns};
    if (cost <= limit->burst) {
        int64_t next_ns = later(tat_ns, now_ns) + cost * limit->interval_ns;
        answer.wait_ns = later(next_ns - tolerance_ns - now_ns, 0);
        answer.verdict = answer.wait_ns > 0 ? GCRA_WAIT : GCRA_ADMITTED;
        if (answer.verdict == GCRA_ADMITTED && cost > 0)
            answer.tat_ns = next_ns;
    }
    answer.full_ns = later(answer.tat_ns - now_ns, 0);
    answer.remaining = later(tolerance_ns - answer.full_ns, 0) / limit->interval_ns;
    return answer;
}

int64_t gcra_charge(const struct gcra *limit, int64_t tat_ns, int64_t now_ns, int64_t cost)
{
    assert(cost >= 0 && now_ns >= 0);
    int64_t most_ns = later(now_ns + limit->burst * limit->interval_ns, tat_ns);
    if (cost > limit->burst)
        return most_ns;
    int64_t next_ns = later(tat_ns, now_ns) + cost * limit->interval_ns;
    return next_ns < most_ns ? next_ns : most_ns;
}
