#include "coordinator/notify/sign.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char prefix[] = "whsec_";
enum {
    KEY_BYTES = 32,
    PREFIX_LENGTH = sizeof(prefix) - 1,
    KEY_TEXT_MAX = 88
}; // the standard's keys have 24 to 64 bytes

void sign_secret_new(char text[SIGN_SECRET_BYTES])
{
    unsigned char key[KEY_BYTES];
    rng_secure(key, sizeof(key));
    memcpy(text, prefix, PREFIX_LENGTH);
    base64_encode(key, sizeof(key), text + PREFIX_LENGTH);
    explicit_bzero(key, sizeof(key));
}

int sign_message(const char *secret, const char *id, int64_t timestamp_s, const char *body,
    char signature[SIGN_SIGNATURE_BYTES])
{
    unsigned char key[KEY_TEXT_MAX], mac[HASH_BYTES];
    size_t length = strlen(secret);
    if (length < PREFIX_LENGTH || length > PREFIX_LENGTH + KEY_TEXT_MAX ||
        strncmp(secret, prefix, PREFIX_LENGTH) != 0)
        return ERR_INVALID;
    int size = base64_decode(secret + PREFIX_LENGTH, length - PREFIX_LENGTH, key);
    if (size <= 0)
        return ERR_INVALID;
    char *message = NULL;
    if (asprintf(&message, "%s.%lld.%s", id, (long long)timestamp_s, body) < 0)
        abort();
    hash_hmac_sha256(key, (size_t)size, message, strlen(message), mac);
    free(message);
    explicit_bzero(key, sizeof(key));
    memcpy(signature, "v1,", 3);
    base64_encode(mac, sizeof(mac), signature + 3);
    return 0;
}
