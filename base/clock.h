// Time: wall clock in microseconds since 1970 (UTC) for what is stored, monotonic for what is waited for.
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/base.h"

enum { CLOCK_TEXT_BYTES = sizeof("2026-11-20T20:47:00.123456Z") };

int64_t clock_real_us(void);
int64_t clock_monotonic_us(void);
// RFC 3339 in UTC with microseconds.
void clock_format(int64_t real_us, char text[CLOCK_TEXT_BYTES]);

#endif
