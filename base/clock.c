#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    int rc = clock_gettime(id, &now);
    assert(rc == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_real_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

void clock_format(int64_t real_us, char text[CLOCK_TEXT_BYTES])
{
    time_t seconds = (time_t)(real_us / 1000000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    char whole[32];
    strftime(whole, sizeof(whole), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text, CLOCK_TEXT_BYTES, "%.19s.%06uZ", whole, (unsigned)((uint64_t)real_us % 1000000));
}
