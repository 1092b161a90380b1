// Connections an address (a /64 for IPv6, because whole networks are given to one house), and who is a trusted proxy.
#include "coordinator/http/internal.h"

#include "base/rng.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

void limits_key(const struct sockaddr *peer, char *text, size_t size, unsigned char bytes[16])
{
    memset(bytes, 0, 16);
    snprintf(text, size, "unknown");
    if (peer->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)peer;
        memcpy(bytes, mapped, sizeof(mapped));
        memcpy(bytes + 12, &in->sin_addr, 4);
        inet_ntop(AF_INET, &in->sin_addr, text, (socklen_t)size);
    } else if (peer->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)peer;
        memcpy(bytes, &in6->sin6_addr, 16);
        if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
            inet_ntop(AF_INET, bytes + 12, text, (socklen_t)size);
        else
            inet_ntop(AF_INET6, bytes, text, (socklen_t)size);
    }
}

uint64_t limits_address_key(const unsigned char bytes[16])
{
    uint64_t key;
    memcpy(&key, bytes, sizeof(key));
    if (memcmp(bytes, mapped, sizeof(mapped)) == 0) {
        uint32_t v4;
        memcpy(&v4, bytes + 12, sizeof(v4));
        key = UINT64_C(0xffffffff00000000) | v4; // no prefix of the internet ends in ff:ff:ff:ff there
    }
    return key;
}

// --- connections ---------------------------------------------------------------------------------------------------
// One table for all loops: which of them a connection lands on is chance, and must not decide whether it may.
enum { ADDRESS_BUCKETS = 1024 };

struct address {
    struct address *next;
    uint64_t key;
    int count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct address *addresses[ADDRESS_BUCKETS];
static uint64_t seed; // 0: not made yet

static struct address **bucket_of(uint64_t key)
{
    while (seed == 0)
        seed = rng_secure_u64();
    uint64_t mixed = (key ^ seed) * 0x9e3779b97f4a7c15u;
    mixed ^= mixed >> 29;
    mixed *= seed | 1;
    return &addresses[mixed >> 54];
}

struct address *limits_enter(const unsigned char bytes[16], int most)
{
    uint64_t key = limits_address_key(bytes);
    pthread_mutex_lock(&lock);
    struct address **bucket = bucket_of(key), *address = *bucket;
    while (address != NULL && address->key != key)
        address = address->next;
    if (address == NULL) {
        address = calloc(1, sizeof(*address));
        if (address == NULL)
            abort();
        address->key = key;
        address->next = *bucket;
        *bucket = address;
    }
    if (address->count < most)
        address->count++;
    else
        address = NULL;
    pthread_mutex_unlock(&lock);
    return address;
}

void limits_leave(struct address *address)
{
    if (address == NULL)
        return;
    pthread_mutex_lock(&lock);
    if (--address->count == 0) {
        struct address **link = bucket_of(address->key);
        while (*link != address)
            link = &(*link)->next;
        *link = address->next;
        free(address);
    }
    pthread_mutex_unlock(&lock);
}

// --- addresses in text ---------------------------------------------------------------------------------------------
bool limits_parse_address(const char *text, size_t size, unsigned char bytes[16])
{
    char copy[INET6_ADDRSTRLEN];
    if (size == 0 || size >= sizeof(copy))
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    memcpy(bytes, mapped, sizeof(mapped));
    return inet_pton(AF_INET, copy, bytes + 12) == 1 || inet_pton(AF_INET6, copy, bytes) == 1;
}

// A wrong prefix must not become a short one: "10.0.0.0/x" would trust the whole internet.
static bool parse_prefix(const char *text, size_t size, struct prefix *prefix)
{
    const char *slash = memchr(text, '/', size);
    size_t address_size = slash != NULL ? (size_t)(slash - text) : size;
    if (!limits_parse_address(text, address_size, prefix->bytes))
        return false;
    bool is_v4 = memchr(text, ':', address_size) == NULL;
    int most = is_v4 ? 32 : 128, bits = 0;
    const char *digits = slash != NULL ? slash + 1 : text, *end = text + size;
    for (const char *at = digits; slash != NULL && at < end; at++) {
        if (*at < '0' || *at > '9' || at - digits > 2)
            return false;
        bits = bits * 10 + (*at - '0');
    }
    if (slash == NULL)
        bits = most;
    else if (digits == end || bits > most)
        return false;
    prefix->bits = bits + (is_v4 ? 96 : 0);
    return true;
}

int limits_parse_proxies(const char *list, struct prefix **ret_prefixes, size_t *ret_n, struct err *err)
{
    *ret_prefixes = NULL;
    *ret_n = 0;
    if (list == NULL)
        return 0;
    struct prefix *prefixes = calloc(strlen(list) / 2 + 1, sizeof(*prefixes));
    if (prefixes == NULL)
        abort();
    for (const char *at = list + strspn(list, ", \t"); *at != '\0'; at += strspn(at, ", \t")) {
        size_t size = strcspn(at, ", \t");
        if (!parse_prefix(at, size, &prefixes[*ret_n])) {
            free(prefixes);
            return err_set(err, ERR_INVALID, "%.*s is neither an address nor a prefix", (int)size, at);
        }
        ++*ret_n;
        at += size;
    }
    *ret_prefixes = prefixes;
    return 0;
}

int http_check_proxies(const char *list, struct err *err)
{
    struct prefix *prefixes;
    size_t n;
    int rc = limits_parse_proxies(list, &prefixes, &n, err);
    if (rc == 0)
        free(prefixes);
    return rc;
}

bool limits_is_proxy(const struct http_server *server, const unsigned char bytes[16])
{
    for (size_t i = 0; i < server->n_proxies; i++) {
        const struct prefix *prefix = &server->proxies[i];
        size_t whole = (size_t)prefix->bits / 8, rest = (size_t)prefix->bits % 8;
        if (memcmp(prefix->bytes, bytes, whole) != 0)
            continue;
        if (rest == 0 || ((prefix->bytes[whole] ^ bytes[whole]) >> (8 - rest)) == 0)
            return true;
    }
    return false;
}
