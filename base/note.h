// Signed notes (C2SP signed-note v1, Ed25519) and the checkpoint of a log in one (C2SP tlog-checkpoint). A note is a
// text that ends in a newline, an empty line, and signature lines "— NAME BASE64(id, signature)". Pure; a key is a value.
#ifndef BASE_NOTE_H
#define BASE_NOTE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

enum { NOTE_NAME_BYTES = 128, NOTE_MAX_BYTES = 64 * 1024, NOTE_KEY_BYTES = 256, ED25519_BYTES = 32 };

struct note_key {
    char name[NOTE_NAME_BYTES]; // no white space, no '+'
    unsigned char id[4];
    unsigned char public_key[ED25519_BYTES];
    unsigned char seed[ED25519_BYTES];
    bool can_sign; // `seed` holds the private key
};

int note_key_generate(const char *name, struct note_key *ret_key, struct err *err) MUST_CHECK;
// "NAME+ID+BASE64" (verifies only) or "PRIVATE+KEY+NAME+ID+BASE64"; white space at the end is left out.
int note_key_parse(const char *text, struct note_key *ret_key, struct err *err) MUST_CHECK;
void note_key_format(const struct note_key *key, bool private_form, char text[NOTE_KEY_BYTES]);
void note_key_clear(struct note_key *key); // wipes it

// Adds the whole note to `out`. `text` must end in a newline and hold no other control character.
int note_sign(const struct note_key *key, const char *text, struct buf *out) MUST_CHECK;
// Finds the key's signature among the note's and checks it. `ret_text_size`: how much of `note` is its text, newline
// included. ERR_INVALID: not a note; ERR_NOT_FOUND: not signed by this key; ERR_CRYPTO: signed wrongly.
int note_verify(const struct note_key *key, const char *note, size_t size, size_t *ret_text_size,
    struct err *err) MUST_CHECK;

// A receipt is base64url(claims) "." base64url(Ed25519 signature over the first part), by the same key. Appends the claims
// when it holds; ERR_INVALID: not a receipt; ERR_CRYPTO: not signed by this key.
int receipt_verify(const struct note_key *key, const char *receipt, size_t size, struct buf *claims,
    struct err *err) MUST_CHECK;

struct checkpoint {
    char origin[NOTE_NAME_BYTES];
    uint64_t size;
    unsigned char root[HASH_BYTES];
};
void checkpoint_format(const struct checkpoint *checkpoint, struct buf *out);
// Reads a note's text; lines after the third are extensions and left alone.
int checkpoint_parse(
    const char *text, size_t size, struct checkpoint *ret_checkpoint, struct err *err) MUST_CHECK;

#endif
