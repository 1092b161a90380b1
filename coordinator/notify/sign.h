// Secrets and signatures of Standard Webhooks 1.0. Pure.
#ifndef COORDINATOR_NOTIFY_SIGN_H
#define COORDINATOR_NOTIFY_SIGN_H

#include "base/base.h"

enum { SIGN_SECRET_BYTES = sizeof("whsec_") + 44, SIGN_SIGNATURE_BYTES = sizeof("v1,") + 44 };

// "whsec_" and the base64 of 32 random bytes.
void sign_secret_new(char text[SIGN_SECRET_BYTES]);
// "v1," and the base64 of the HMAC-SHA-256 over "id.timestamp.body". ERR_INVALID when the secret is none.
int sign_message(const char *secret, const char *id, int64_t timestamp_s, const char *body,
    char signature[SIGN_SIGNATURE_BYTES]) MUST_CHECK;

#endif
