#include "coordinator/identity/secrets.h"

#include "base/err.h"
#include "base/rng.h"

#include <string.h>

enum { SECRET_BYTES = 32, SECRET_DIGITS = 52, PREFIX_LENGTH = 4, RECOVERY_DIGITS = 25 };

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

void secret_new(char text[SECRET_TEXT_BYTES])
{
    unsigned char bytes[SECRET_BYTES];
    rng_secure(bytes, sizeof(bytes));
    memcpy(text, "plm_", PREFIX_LENGTH);
    uint32_t bits = 0;
    int n_bits = 0;
    size_t n = PREFIX_LENGTH;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bits = bits << 8 | bytes[i];
        for (n_bits += 8; n_bits >= 5; n_bits -= 5)
            text[n++] = alphabet[bits >> (n_bits - 5) & 31];
    }
    text[n++] = alphabet[bits << (5 - n_bits) & 31];
    assert(n == PREFIX_LENGTH + SECRET_DIGITS);
    text[n] = '\0';
}

int secret_hash(const char *text, unsigned char hash[HASH_BYTES])
{
    if (strnlen(text, SECRET_TEXT_BYTES) != SECRET_TEXT_BYTES - 1 ||
        strncmp(text, "plm_", PREFIX_LENGTH) != 0 || strspn(text + PREFIX_LENGTH, alphabet) != SECRET_DIGITS)
        return ERR_INVALID;
    hash_sha256(text, SECRET_TEXT_BYTES - 1, hash);
    return 0;
}

void recovery_new(char text[RECOVERY_TEXT_BYTES])
{
    unsigned char bytes[RECOVERY_DIGITS];
    rng_secure(bytes, sizeof(bytes));
    size_t n = 0;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (i > 0 && i % 5 == 0)
            text[n++] = '-';
        text[n++] = alphabet[bytes[i] & 31];
    }
    assert(n == RECOVERY_TEXT_BYTES - 1);
    text[n] = '\0';
}

int recovery_hash(const char *text, unsigned char hash[HASH_BYTES])
{
    char digits[RECOVERY_DIGITS];
    size_t n = 0;
    for (; *text != '\0'; text++) {
        char c = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
        if (c == '-' || c == ' ')
            continue;
        if (n == RECOVERY_DIGITS || strchr(alphabet, c) == NULL)
            return ERR_INVALID;
        digits[n++] = c;
    }
    if (n != RECOVERY_DIGITS)
        return ERR_INVALID;
    hash_sha256(digits, sizeof(digits), hash);
    return 0;
}

void invitation_code_new(int64_t shard_key, char text[ID_TEXT_BYTES], unsigned char hash[HASH_BYTES])
{
    struct id id = {.shard_key = shard_key};
    rng_secure(id.uuid.bytes, UUID_BYTES);
    id_format(id, text);
    hash_sha256(id.uuid.bytes, UUID_BYTES, hash);
}

int invitation_code_parse(const char *text, int64_t *ret_shard_key, unsigned char hash[HASH_BYTES])
{
    struct id id;
    if (id_parse(text, &id) < 0)
        return ERR_INVALID;
    *ret_shard_key = id.shard_key;
    hash_sha256(id.uuid.bytes, UUID_BYTES, hash);
    return 0;
}
