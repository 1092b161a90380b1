#include "base/id.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/rng.h"

#include <stdio.h>
#include <string.h>

enum { ID_BYTES = 8 + UUID_BYTES, ID_DIGITS = ID_TEXT_BYTES - 1 };

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

struct uuid uuid_new(void)
{
    struct uuid uuid;
    uint64_t ms = (uint64_t)(clock_real_us() / 1000);
    rng_secure(uuid.bytes, sizeof(uuid.bytes));
    for (int i = 0; i < 6; i++)
        uuid.bytes[i] = (unsigned char)(ms >> (40 - 8 * i));
    uuid.bytes[6] = (unsigned char)((uuid.bytes[6] & 0x0f) | 0x70);
    uuid.bytes[8] = (unsigned char)((uuid.bytes[8] & 0x3f) | 0x80);
    return uuid;
}

void uuid_format(struct uuid uuid, char text[UUID_TEXT_BYTES])
{
    char hex[2 * UUID_BYTES + 1];
    hex_encode(uuid.bytes, UUID_BYTES, hex);
    snprintf(text, UUID_TEXT_BYTES, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

int uuid_parse(const char *text, struct uuid *ret_uuid)
{
    char hex[2 * UUID_BYTES + 1];
    if (strnlen(text, UUID_TEXT_BYTES) != UUID_TEXT_BYTES - 1)
        return ERR_INVALID;
    size_t n = 0;
    for (size_t i = 0; i < UUID_TEXT_BYTES - 1; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text[i] != '-')
                return ERR_INVALID;
        } else {
            hex[n++] = text[i];
        }
    }
    hex[n] = '\0';
    return hex_decode(hex, ret_uuid->bytes, UUID_BYTES);
}

bool uuid_equal(struct uuid a, struct uuid b)
{
    return memcmp(a.bytes, b.bytes, UUID_BYTES) == 0;
}

int64_t shard_key_new(void)
{
    uint64_t key;
    do
        key = rng_secure_u64() >> 1;
    while (key == 0);
    return (int64_t)key;
}

struct id id_new(int64_t shard_key)
{
    assert(shard_key >= 0);
    return (struct id){.shard_key = shard_key, .uuid = uuid_new()};
}

void id_format(struct id id, char text[ID_TEXT_BYTES])
{
    unsigned char bytes[ID_BYTES];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)id.shard_key >> (56 - 8 * i));
    memcpy(bytes + 8, id.uuid.bytes, UUID_BYTES);
    uint32_t bits = 0;
    int n_bits = 0;
    size_t n = 0;
    for (size_t i = 0; i < ID_BYTES; i++) {
        bits = bits << 8 | bytes[i];
        for (n_bits += 8; n_bits >= 5; n_bits -= 5)
            text[n++] = alphabet[bits >> (n_bits - 5) & 31];
    }
    if (n_bits > 0)
        text[n++] = alphabet[bits << (5 - n_bits) & 31];
    assert(n == ID_DIGITS);
    text[n] = '\0';
}

int id_parse(const char *text, struct id *ret_id)
{
    if (strnlen(text, ID_TEXT_BYTES) != ID_DIGITS)
        return ERR_INVALID;
    unsigned char bytes[ID_BYTES + 1];
    uint32_t bits = 0;
    int n_bits = 0;
    size_t n = 0;
    for (size_t i = 0; i < ID_DIGITS; i++) {
        const char *at = strchr(alphabet, text[i]);
        if (at == NULL || *at == '\0')
            return ERR_INVALID;
        bits = bits << 5 | (uint32_t)(at - alphabet);
        for (n_bits += 5; n_bits >= 8; n_bits -= 8)
            bytes[n++] = (unsigned char)(bits >> (n_bits - 8));
    }
    // The last digit holds three spare bits, which are zero, and the top bit of the key is never set.
    if ((bits & ((1u << n_bits) - 1)) != 0 || n != ID_BYTES || (bytes[0] & 0x80) != 0)
        return ERR_INVALID;
    uint64_t key = 0;
    for (int i = 0; i < 8; i++)
        key = key << 8 | bytes[i];
    ret_id->shard_key = (int64_t)key;
    memcpy(ret_id->uuid.bytes, bytes + 8, UUID_BYTES);
    return 0;
}
