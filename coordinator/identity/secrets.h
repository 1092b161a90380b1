// Secrets that are shown once and kept only as a hash: session and bearer tokens ("plm_" and 52 digits of base32, 256
// random bits), recovery codes, invitation codes. Pure.
#ifndef COORDINATOR_IDENTITY_SECRETS_H
#define COORDINATOR_IDENTITY_SECRETS_H

#include "base/base.h"
#include "base/hash.h"
#include "base/id.h"

enum { SECRET_TEXT_BYTES = 57, RECOVERY_TEXT_BYTES = 30, N_RECOVERY_CODES = 8 };

void secret_new(char text[SECRET_TEXT_BYTES]);
// What is stored of it. ERR_INVALID when `text` is not of that form (nothing of that form can be stored then either).
int secret_hash(const char *text, unsigned char hash[HASH_BYTES]) MUST_CHECK;

// "abcde-fghij-klmno-pqrst-uvwxy": 125 random bits, easy to write down.
void recovery_new(char text[RECOVERY_TEXT_BYTES]);
// Takes it with or without dashes and in either case.
int recovery_hash(const char *text, unsigned char hash[HASH_BYTES]) MUST_CHECK;

// An invitation code is an id whose uuid part is the secret: it carries its shard.
void invitation_code_new(int64_t shard_key, char text[ID_TEXT_BYTES], unsigned char hash[HASH_BYTES]);
int invitation_code_parse(
    const char *text, int64_t *ret_shard_key, unsigned char hash[HASH_BYTES]) MUST_CHECK;

#endif
