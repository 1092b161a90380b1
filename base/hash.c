#include "base/hash.h"

#include "base/err.h"

#include <limits.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif
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

// One more than what a character stands for; 0: nothing.
static const unsigned char base64_values[256] = {
    ['A'] = 1,
    ['B'] = 2,
    ['C'] = 3,
    ['D'] = 4,
    ['E'] = 5,
    ['F'] = 6,
    ['G'] = 7,
    ['H'] = 8,
    ['I'] = 9,
    ['J'] = 10,
    ['K'] = 11,
    ['L'] = 12,
    ['M'] = 13,
    ['N'] = 14,
    ['O'] = 15,
    ['P'] = 16,
    ['Q'] = 17,
    ['R'] = 18,
    ['S'] = 19,
    ['T'] = 20,
    ['U'] = 21,
    ['V'] = 22,
    ['W'] = 23,
    ['X'] = 24,
    ['Y'] = 25,
    ['Z'] = 26,
    ['a'] = 27,
    ['b'] = 28,
    ['c'] = 29,
    ['d'] = 30,
    ['e'] = 31,
    ['f'] = 32,
    ['g'] = 33,
    ['h'] = 34,
    ['i'] = 35,
    ['j'] = 36,
    ['k'] = 37,
    ['l'] = 38,
    ['m'] = 39,
    ['n'] = 40,
    ['o'] = 41,
    ['p'] = 42,
    ['q'] = 43,
    ['r'] = 44,
    ['s'] = 45,
    ['t'] = 46,
    ['u'] = 47,
    ['v'] = 48,
    ['w'] = 49,
    ['x'] = 50,
    ['y'] = 51,
    ['z'] = 52,
    ['0'] = 53,
    ['1'] = 54,
    ['2'] = 55,
    ['3'] = 56,
    ['4'] = 57,
    ['5'] = 58,
    ['6'] = 59,
    ['7'] = 60,
    ['8'] = 61,
    ['9'] = 62,
    ['+'] = 63,
    ['/'] = 64,
};

// 255 for a character that stands for nothing.
static unsigned char base64_value(unsigned char c)
{
    return (unsigned char)(base64_values[c] - 1);
}

#if defined(__x86_64__)
#define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

// 32 characters to 24 bytes at a time (Mula and Lemire 2018, "Faster Base64 Encoding and Decoding Using AVX2 Instructions", ACM
// TWEB 12): a character's two halves tell by two tables whether it is one of the alphabet, and by a third how far its value is
// off. Stops before what is none, and before the last 44: 32 bytes are written at once. Returns how many it took.
__attribute__((target("avx2"))) static size_t base64_fast(
    const unsigned char *in, size_t length, unsigned char *out)
{
    const __m256i of_low = TWICE(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b,
                      0x1b, 0x1b, 0x1a),
                  of_high = TWICE(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10,
                      0x10, 0x10, 0x10, 0x10),
                  off = TWICE(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0),
                  order = TWICE(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1),
                  together = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7), slash = _mm256_set1_epi8('/'),
                  half = _mm256_set1_epi8(0x0f);
    size_t at = 0;
    for (; length - at >= 32 + 12; at += 32, out += 24) {
        __m256i c = _mm256_loadu_si256((const __m256i *)(const void *)(in + at));
        __m256i high = _mm256_and_si256(_mm256_srli_epi32(c, 4), half);
        __m256i wrong = _mm256_and_si256(
            _mm256_shuffle_epi8(of_low, _mm256_and_si256(c, half)), _mm256_shuffle_epi8(of_high, high));
        if (!_mm256_testz_si256(wrong, wrong))
            break;
        __m256i is_slash = _mm256_cmpeq_epi8(c, slash); // 47 has the high half of '+'
        __m256i value = _mm256_add_epi8(c, _mm256_shuffle_epi8(off, _mm256_add_epi8(is_slash, high)));
        __m256i pairs = _mm256_maddubs_epi16(value, _mm256_set1_epi32(0x01400140));
        __m256i bytes = _mm256_shuffle_epi8(_mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000)), order);
        _mm256_storeu_si256((__m256i *)(void *)out, _mm256_permutevar8x32_epi32(bytes, together));
    }
    return at;
}
#endif

// Strict, and ours: OpenSSL's forgives white space and padding anywhere, and embeddings come as hundreds of kilobytes.
int base64_decode(const char *text, size_t length, void *data)
{
    if (length % 4 != 0 || length > INT_MAX)
        return ERR_INVALID;
    const unsigned char *in = (const unsigned char *)text;
    unsigned char *out = data, seen = 0;
    size_t padding = length > 1 && text[length - 2] == '='   ? 2
                     : length > 0 && text[length - 1] == '=' ? 1
                                                             : 0;
    size_t whole = length - (padding > 0 ? 4 : 0);
    size_t i = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        out += (i = base64_fast(in, whole, out)) / 4 * 3;
#endif
    for (; i < whole; i += 4) {
        unsigned char a = base64_value(in[i]), b = base64_value(in[i + 1]), c = base64_value(in[i + 2]),
                      d = base64_value(in[i + 3]);
        seen = (unsigned char)(seen | a | b | c | d);
        *out++ = (unsigned char)(a << 2 | b >> 4);
        *out++ = (unsigned char)(b << 4 | c >> 2);
        *out++ = (unsigned char)(c << 6 | d);
    }
    if (padding > 0) {
        in += whole;
        unsigned char a = base64_value(in[0]), b = base64_value(in[1]),
                      c = padding == 1 ? base64_value(in[2]) : 0;
        // No bits behind the last byte, or two texts would stand for the same bytes.
        if ((padding == 2 ? b & 15 : c & 3) != 0)
            return ERR_INVALID;
        seen = (unsigned char)(seen | a | b | c);
        *out++ = (unsigned char)(a << 2 | b >> 4);
        if (padding == 1)
            *out++ = (unsigned char)(b << 4 | c >> 2);
    }
    return seen < 64 ? (int)(out - (unsigned char *)data) : ERR_INVALID;
}

bool bytes_equal(const void *a, const void *b, size_t size)
{
    return CRYPTO_memcmp(a, b, size) == 0;
}
