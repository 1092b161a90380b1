// Ids. Inside: a shard key (63 random bits; 0 for what is local to a deployment) and a UUIDv7 (RFC 9562). On the
// wire: lower-case base32 (RFC 4648, no padding) of the 8 bytes of the shard key, big-endian, and the 16 of the UUID,
// so that a route finds its shard without a look-up. Opaque to clients.
#ifndef BASE_ID_H
#define BASE_ID_H

#include "base/base.h"

enum { UUID_BYTES = 16, UUID_TEXT_BYTES = 37, ID_TEXT_BYTES = 40 };

struct uuid {
    unsigned char bytes[UUID_BYTES];
};

struct id {
    int64_t shard_key; // never negative
    struct uuid uuid;
};

// Strictly increasing within a thread's millisecond is not promised; uniqueness is (74 random bits).
struct uuid uuid_new(void);
void uuid_format(struct uuid uuid, char text[UUID_TEXT_BYTES]); // 8-4-4-4-12, lower case
int uuid_parse(
    const char *text, struct uuid *ret_uuid) MUST_CHECK; // that form in either case, or ERR_INVALID
bool uuid_equal(struct uuid a, struct uuid b);

int64_t shard_key_new(void); // 1 .. 2^63-1
struct id id_new(int64_t shard_key);
void id_format(struct id id, char text[ID_TEXT_BYTES]);
int id_parse(const char *text, struct id *ret_id) MUST_CHECK; // canonical form only, or ERR_INVALID

#endif
