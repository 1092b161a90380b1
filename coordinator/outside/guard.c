#include "coordinator/outside/guard.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ENTRIES_MAX = 100, HOST_MAX = 256, URL_MAX = 2000 };

struct entry {
    char host[HOST_MAX];
    int port; // 0: any
};

struct guard {
    size_t n_entries;
    struct entry entries[ENTRIES_MAX];
};

// --- addresses --------------------------------------------------------------------------------------------------------
struct prefix {
    const char *address;
    int bits;
};

static const struct prefix private_4[] = {
    {"0.0.0.0", 8}, {"10.0.0.0", 8}, {"100.64.0.0", 10}, // shared by carriers
    {"127.0.0.0", 8}, {"169.254.0.0", 16},               // link-local, and the metadata of clouds
    {"172.16.0.0", 12}, {"192.0.0.0", 24}, {"192.0.2.0", 24}, {"192.88.99.0", 24}, {"192.168.0.0", 16},
    {"198.18.0.0", 15}, {"198.51.100.0", 24}, {"203.0.113.0", 24},
    {"224.0.0.0", 3}, // multicast and what is reserved
};

// Within 2000::/3, which is all that is given out of IPv6.
static const struct prefix private_6[] = {
    {"2001::", 23}, // Teredo among it, which holds IPv4
    {"2001:db8::", 32},
    {"2002::", 16}, // 6to4, which holds IPv4
    {"3fff::", 20},
};

static bool begins_with(const unsigned char *address, const unsigned char *prefix, int bits)
{
    int whole = bits / 8, rest = bits % 8;
    if (memcmp(address, prefix, (size_t)whole) != 0)
        return false;
    return rest == 0 || ((address[whole] ^ prefix[whole]) >> (8 - rest)) == 0;
}

static bool is_in(int family, const unsigned char *address, const struct prefix *prefixes, size_t n_prefixes)
{
    for (size_t i = 0; i < n_prefixes; i++) {
        unsigned char prefix[sizeof(struct in6_addr)];
        int rc = inet_pton(family, prefixes[i].address, prefix);
        assert(rc == 1);
        if (begins_with(address, prefix, prefixes[i].bits))
            return true;
    }
    return false;
}

bool guard_is_public(const struct sockaddr *address)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;
        return !is_in(AF_INET, (const unsigned char *)&in->sin_addr, private_4, ARRAY_SIZE(private_4));
    }
    if (address->sa_family != AF_INET6)
        return false;
    const unsigned char *bytes = ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr;
    if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
        return !is_in(AF_INET, bytes + sizeof(mapped), private_4, ARRAY_SIZE(private_4));
    return bytes[0] >> 5 == 1 && !is_in(AF_INET6, bytes, private_6, ARRAY_SIZE(private_6));
}

// --- hosts that are allowed ---------------------------------------------------------------------------------------------
static int add_entry(struct guard *guard, const char *text, size_t length, struct err *err)
{
    struct entry *entry = &guard->entries[guard->n_entries];
    const char *colon = memchr(text, ':', length);
    size_t host = colon != NULL ? (size_t)(colon - text) : length;
    char *end = NULL;
    long port = colon != NULL ? strtol(colon + 1, &end, 10) : 0;
    bool good = host > 0 && host < HOST_MAX && guard->n_entries < ENTRIES_MAX &&
                (colon == NULL || (end == text + length && port > 0 && port < 65536));
    if (!good)
        return err_set(err, ERR_INVALID, "%.*s is no host or host:port", (int)min_size(length, 100), text);
    snprintf(entry->host, sizeof(entry->host), "%.*s", (int)host, text);
    entry->port = (int)port;
    guard->n_entries++;
    return 0;
}

int guard_new(const char *allow, struct guard **ret_guard, struct err *err)
{
    struct guard *guard = calloc(1, sizeof(*guard));
    if (guard == NULL)
        abort();
    for (const char *at = allow != NULL ? allow : ""; *at != '\0';) {
        at += strspn(at, " ,");
        size_t length = strcspn(at, " ,");
        if (length > 0 && add_entry(guard, at, length, err) < 0) {
            free(guard);
            return ERR_INVALID;
        }
        at += length;
    }
    *ret_guard = guard;
    return 0;
}

void guard_free(struct guard *guard)
{
    free(guard);
}

static bool is_allowed(const struct guard *guard, const char *host, int port)
{
    for (size_t i = 0; i < guard->n_entries; i++) {
        const struct entry *entry = &guard->entries[i];
        if (strcasecmp(entry->host, host) == 0 && (entry->port == 0 || entry->port == port))
            return true;
    }
    return false;
}

// --- URLs -------------------------------------------------------------------------------------------------------------
struct parts {
    char *scheme, *user, *host, *port, *fragment;
};

static void parts_release(struct parts *parts)
{
    curl_free(parts->scheme);
    curl_free(parts->user);
    curl_free(parts->host);
    curl_free(parts->port);
    curl_free(parts->fragment);
}

static int check_parts(
    const struct guard *guard, const struct parts *parts, bool *ret_allowed, struct err *err)
{
    bool is_https = strcmp(parts->scheme, "https") == 0;
    if (!is_https && strcmp(parts->scheme, "http") != 0)
        return err_set(err, ERR_INVALID, "must begin with https://");
    if (parts->user != NULL)
        return err_set(err, ERR_INVALID, "must hold no user name: a key has its own field");
    if (parts->fragment != NULL)
        return err_set(err, ERR_INVALID, "must hold no #");
    *ret_allowed = is_allowed(guard, parts->host, (int)strtol(parts->port, NULL, 10));
    if (!is_https && !*ret_allowed)
        return err_set(err, ERR_INVALID,
            "must begin with https://, unless the operator allows this host (outside-allow)");
    return 0;
}

int guard_check_url(const struct guard *guard, const char *url, bool *ret_allowed, struct err *err)
{
    struct parts parts = {0};
    CURLU *parsed = curl_url();
    int rc;
    if (parsed == NULL)
        abort();
    if (strlen(url) > URL_MAX || curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_SCHEME, &parts.scheme, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_HOST, &parts.host, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_PORT, &parts.port, CURLU_DEFAULT_PORT) != CURLUE_OK) {
        rc = err_set(err, ERR_INVALID, "must be a URL like https://models.example/v1/chat/completions");
    } else {
        (void)curl_url_get(parsed, CURLUPART_USER, &parts.user, 0);
        (void)curl_url_get(parsed, CURLUPART_FRAGMENT, &parts.fragment, 0);
        rc = check_parts(guard, &parts, ret_allowed, err);
    }
    parts_release(&parts);
    curl_url_cleanup(parsed);
    return rc;
}
