// SHA-256, HMAC-SHA-256 and the text forms of bytes. OpenSSL does the arithmetic.
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/base.h"

enum { HASH_BYTES = 32, HASH_HEX_BYTES = 2 * HASH_BYTES + 1 };

void hash_sha256(const void *data, size_t size, unsigned char out[HASH_BYTES]);
void hash_hmac_sha256(
    const void *key, size_t key_size, const void *data, size_t size, unsigned char out[HASH_BYTES]);

// Streaming form.
struct hash_stream;
struct hash_stream *hash_stream_new(void);
void hash_stream_add(struct hash_stream *stream, const void *data, size_t size);
void hash_stream_finish(struct hash_stream *stream, unsigned char out[HASH_BYTES]); // and frees it
void hash_stream_free(struct hash_stream *stream);

// `hex` holds 2 * size + 1 bytes; lower case.
void hex_encode(const void *data, size_t size, char *hex);
// ERR_INVALID unless `hex` is exactly 2 * size hexadecimal digits.
int hex_decode(const char *hex, void *data, size_t size) MUST_CHECK;
// Standard alphabet with padding; `text` holds base64_length(size) + 1 bytes.
size_t base64_length(size_t size);
void base64_encode(const void *data, size_t size, char *text);
// Returns the number of bytes written to `data` (at most 3/4 of the length), or ERR_INVALID.
int base64_decode(const char *text, size_t length, void *data) MUST_CHECK;
// Constant time.
bool bytes_equal(const void *a, const void *b, size_t size);

#endif
