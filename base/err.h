// Expected failures: a function returns 0 or a negative `enum err_code`, and fills a `struct err` with a message
// for whoever is at the edge of the module. Bugs are asserts, and running out of memory aborts: neither comes here.
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/base.h"

enum err_code {
    ERR_INVALID = -1,   // the input is wrong; the message says where
    ERR_LIMIT = -2,     // a stated bound was reached
    ERR_IO = -3,        // the operating system or a peer failed; may go away
    ERR_NOT_FOUND = -4, // what was named is not there
    ERR_CONFLICT = -5,  // it is there already, or has moved on
    ERR_CRYPTO = -6,    // a signature, key or ciphertext is not right
    ERR_CLOSED = -7,    // the peer or the stream has ended
    ERR_INTERNAL = -8,  // a library refused something that should have worked
};

struct err {
    int code;
    char message[384];
};

// Sets code and message (cut at the size of the buffer) and returns the code. `err` may be NULL.
int err_set(struct err *err, int code, const char *format, ...) PRINTF_LIKE(3, 4);
// The same with ": strerror(errno)" behind the message.
int err_set_errno(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);
// Puts "context: " before a message that is already there.
int err_prefix(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
