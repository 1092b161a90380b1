// How numbers are written in JSON, everywhere: with the 15 digits that every decimal fraction keeps on its way through
// a double. 0.4 stays 0.4, where 17 digits give 0.40000000000000002.
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

#define JSON_DIGITS JSON_REAL_PRECISION(15)

#endif
