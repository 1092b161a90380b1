#include "base/hash.h"

#include "base/err.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

struct hash_stream {
    EVP_MD_CTX *context;
};

void hash_sha256(const void *data, size_t size, unsigned char out[HASH_BYTES])
{
    unsigned length = 0;
    int ok = EVP_Digest(data, size, out, &length, EVP_sha256(), NULL);
    assert(ok == 1 && length == HASH_BYTES);
}

void hash_hmac_sha256(
    const void *key, size_t key_size, const void *data, size_t size, unsigned char out[HASH_BYTES])
{
    assert(key_size <= INT_MAX);
    unsigned length = 0;
    const unsigned char *ok = HMAC(EVP_sha256(), key, (int)key_size, data, size, out, &length);
    assert(ok != NULL && length == HASH_BYTES);
}

struct hash_stream *hash_stream_new(void)
{
    struct hash_stream *stream = malloc(sizeof(*stream));
    if (stream == NULL)
        abort();
    stream->context = EVP_MD_CTX_new();
    int ok = stream->context != NULL && EVP_DigestInit_ex(stream->context, EVP_sha256(), NULL) == 1;
    assert(ok);
    return stream;
}

void hash_stream_add(struct hash_stream *stream, const void *data, size_t size)
{
    int ok = EVP_DigestUpdate(stream->context, data, size);
    assert(ok == 1);
}

void hash_stream_finish(struct hash_stream *stream, unsigned char out[HASH_BYTES])
{
    unsigned length = 0;
    int ok = EVP_DigestFinal_ex(stream->context, out, &length);
    assert(ok == 1 && length == HASH_BYTES);
    hash_stream_free(stream);
}

void hash_stream_free(struct hash_stream *stream)
{
    if (stream == NULL)
        return;
    EVP_MD_CTX_free(stream->context);
    free(stream);
}

void hex_encode(const void *data, size_t size, char *hex)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hex[2 * size] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int hex_decode(const char *hex, void *data, size_t size)
{
    unsigned char *bytes = data;
    if (strlen(hex) != 2 * size)
        return ERR_INVALID;
    for (size_t i = 0; i < size; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return ERR_INVALID;
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    return 0;
}

size_t base64_length(size_t size)
{
    return (size + 2) / 3 * 4;
}

void base64_encode(const void *data, size_t size, char *text)
{
    assert(size <= INT_MAX / 2);
    EVP_EncodeBlock((unsigned char *)text, data, (int)size);
}

int base64_decode(const char *text, size_t length, void *data)
{
    if (length % 4 != 0 || length > INT_MAX)
        return ERR_INVALID;
    size_t padding = length > 1 && text[length - 2] == '='   ? 2
                     : length > 0 && text[length - 1] == '=' ? 1
                                                             : 0;
    // EVP_DecodeBlock forgives white space at the ends and padding anywhere.
    for (size_t i = 0; i < length; i++) {
        if (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r' ||
            (text[i] == '=') != (i >= length - padding))
            return ERR_INVALID;
    }
    int got = EVP_DecodeBlock(data, (const unsigned char *)text, (int)length);
    if (got < 0)
        return ERR_INVALID;
    got -= (int)padding;
    // And bits behind the last byte: two texts would stand for the same bytes.
    if (padding > 0) {
        char last[5];
        size_t n = 3 - padding;
        EVP_EncodeBlock((unsigned char *)last, (unsigned char *)data + got - n, (int)n);
        if (memcmp(last, text + length - 4, 4) != 0)
            return ERR_INVALID;
    }
    return got;
}

bool bytes_equal(const void *a, const void *b, size_t size)
{
    return CRYPTO_memcmp(a, b, size) == 0;
}
