#include "worker/opinion/ratio.h"

#include <stdio.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 wide;

double ratio_decimal(int64_t numerator, int64_t denominator)
{
    assert(denominator > 0);
    int64_t whole = numerator / denominator;
    if (numerator % denominator == 0)
        return (double)whole;
    uint64_t a = (uint64_t)(numerator < 0 ? -numerator : numerator), b = (uint64_t)denominator;
    const uint64_t sixteen_digits = UINT64_C(1000000000000000);
    wide scaled = a;
    int exponent = 0;
    while (scaled / b < sixteen_digits) {
        scaled *= 10;
        exponent++;
    }
    uint64_t digits = (uint64_t)(scaled / b), rest = (uint64_t)(scaled % b);
    if (2 * rest > b || (2 * rest == b && digits % 2 == 1))
        digits++;
    char text[48];
    snprintf(
        text, sizeof(text), "%s%llue-%d", numerator < 0 ? "-" : "", (unsigned long long)digits, exponent);
    return strtod(text, NULL);
}
