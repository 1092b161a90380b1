// The keys under DATA/keys. Those of persons (DATA/keys/persons/xx/UUID.KEY, 32 bytes, 0600), with which what is theirs is
// sealed: a key for each time that they answered questions about themselves, and one for their words. Destroy a key, and
// every backup of the database forgets what it sealed. One that signs receipts and the log (DATA/keys/log.key). The
// struct is immutable, so any thread may use it; person functions block on a file.
#ifndef COORDINATOR_IDENTITY_KEYS_H
#define COORDINATOR_IDENTITY_KEYS_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/note.h"

#include <jansson.h>

struct keys;

// Makes what is missing.
int keys_open(const char *data_folder, struct keys **ret_keys, struct err *err) MUST_CHECK;
void keys_free(struct keys *keys);

// --- persons ----------------------------------------------------------------------------------------------------------
enum keys_purpose {
    KEYS_DEMOGRAPHICS, // each sealed with a new key of its own: destroying it harms nothing that is sealed meanwhile
    KEYS_TEXT,         // with the person's one key for it
};
enum { KEYS_OVERHEAD_BYTES = 1 + 8 + 24 + 16, KEYS_SEALED_MAX_BYTES = 1024 * 1024 };

// Seals `data`: opened only for the same person and purpose. The key is on disk before it is used. Appends to `out`, which
// begins with a version and the key's name. ERR_NOT_FOUND: the person's words were erased, and no more are taken.
int keys_seal(const struct keys *keys, struct uuid person, enum keys_purpose purpose, const void *data,
    size_t size, struct buf *out, struct err *err) MUST_CHECK;
// ERR_NOT_FOUND: the key is gone, and with it what was sealed; ERR_CRYPTO: it was sealed for something else.
int keys_unseal(const struct keys *keys, struct uuid person, enum keys_purpose purpose, const void *sealed,
    size_t size, struct buf *out, struct err *err) MUST_CHECK;
// Destroys the key that `sealed` was sealed with: overwritten, removed, and both on disk. No error when it is gone already.
int keys_forget(
    const struct keys *keys, struct uuid person, const void *sealed, size_t size, struct err *err) MUST_CHECK;
// Destroys the person's key for words, for ever: an empty file stays in its place, and keys_seal makes no other.
int keys_forget_text(const struct keys *keys, struct uuid person, struct err *err) MUST_CHECK;

// A person's answers from demographic_answer.sealed: {attribute: value | [values]}, or NULL when they can't be opened
// (withdrawn, or the key forgotten). The caller owns the reference.
json_t *identity_open_demographics(
    const struct keys *keys, struct uuid person, const void *sealed, size_t size);

// What a person wrote, where it was sealed as JSON: an item's words ({"prompt": [...], "responses": [content]}), what stands beside
// a judgment ({"rationale", "edit"}). NULL when their key is gone. The caller owns the reference.
json_t *identity_open_words(const struct keys *keys, struct uuid person, const void *sealed, size_t size);

// --- the deployment ---------------------------------------------------------------------------------------------------
const struct note_key *keys_log(const struct keys *keys);
// Appends a receipt: base64url of `claims` (canonical JSON, by the caller), ".", base64url of the Ed25519 signature over
// the first part. Who holds it can show what was received and when; GET /audit/key gives the public half.
void keys_sign_receipt(const struct keys *keys, const char *claims, size_t size, struct buf *out);
// 0 when `receipt` was signed by the key, and its claims appended; else ERR_CRYPTO or ERR_INVALID. Pure.
int keys_verify_receipt(
    const unsigned char public_key[ED25519_BYTES], const char *receipt, struct buf *claims) MUST_CHECK;

// The code of `text` in a project: the same for the same, and nothing without the key, which no database has.
enum { KEYS_CODE_BYTES = 16 };
void keys_code(
    const struct keys *keys, int64_t shard_key, const char *text, unsigned char code[KEYS_CODE_BYTES]);

// An answer that holds a secret and is kept for the same Idempotency-Key again: sealed for `context` under a key that no
// database and no backup of one has. As text, in the arena. Opening gives NULL when it is not what was sealed.
struct arena;
const char *keys_seal_answer(
    const struct keys *keys, struct arena *arena, struct uuid context, const char *answer);
const char *keys_open_answer(
    const struct keys *keys, struct arena *arena, struct uuid context, const char *sealed);

#endif
