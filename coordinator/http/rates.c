// What addresses and accounts have spent of their rate limits, for all loops of the process; and what a reply says of it.
#include "coordinator/http/internal.h"

#include "base/clock.h"
#include "base/rng.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A table is 65,536 places of 16 bytes. It is cut into shards with a lock each, and a key may stand in any of WINDOW
// places from where its hash points: with a quarter of the table spent from, all of them are taken once in a billion.
enum { SHARDS = 64, SHARD_PLACES = 1024, WINDOW = 32, POLICY_BYTES = 64 };

struct place {
    uint64_t key; // 0: never used
    int64_t tat_ns;
};

struct shard {
    pthread_mutex_t lock;
    struct place *places;
    int64_t crowd_ns[HTTP_LIMITS_MAX]; // of all who find no place, by limit
};

struct table {
    struct shard shards[SHARDS];
    struct place *places; // of all shards; memory that is never touched is never there
};

struct http_rates {
    struct http_limit limits[HTTP_LIMITS_MAX];
    struct gcra gcra[HTTP_LIMITS_MAX];
    char policies[HTTP_LIMITS_MAX][POLICY_BYTES];
    _Atomic uint64_t refused[HTTP_LIMITS_MAX];
    size_t n_limits;
    uint8_t of_class[HTTP_CLASSES];
    unsigned char seed[crypto_shorthash_KEYBYTES];
    struct table addresses, accounts;
};

static void table_init(struct table *table)
{
    table->places = calloc((size_t)SHARDS * SHARD_PLACES, sizeof(*table->places));
    if (table->places == NULL)
        abort();
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_init(&table->shards[i].lock, NULL);
        table->shards[i].places = table->places + i * SHARD_PLACES;
    }
}

static void table_release(struct table *table)
{
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_destroy(&table->shards[i].lock);
    free(table->places);
}

struct http_rates *http_rates_new(const struct http_rate_settings *settings)
{
    struct http_rates *rates = calloc(1, sizeof(*rates));
    if (rates == NULL)
        abort();
    assert(settings->n_limits <= HTTP_LIMITS_MAX);
    rates->n_limits = settings->n_limits;
    memcpy(rates->of_class, settings->of_class, sizeof(rates->of_class));
    for (size_t i = 1; i < settings->n_limits; i++) {
        const struct http_limit *limit = &settings->limits[i];
        rates->limits[i] = *limit;
        if (limit->burst == 0)
            continue;
        gcra_init(&rates->gcra[i], limit->burst, limit->window_s);
        snprintf(rates->policies[i], POLICY_BYTES, "\"burst\";q=%lld;w=%d", (long long)limit->burst,
            limit->window_s);
    }
    rng_secure(rates->seed, sizeof(rates->seed)); // nobody outside can choose keys that meet
    table_init(&rates->addresses);
    table_init(&rates->accounts);
    return rates;
}

void http_rates_free(struct http_rates *rates)
{
    if (rates == NULL)
        return;
    table_release(&rates->addresses);
    table_release(&rates->accounts);
    free(rates);
}

static const struct http_limit *limit_of(const struct http_rates *rates, unsigned limit)
{
    return rates == NULL || limit == 0 || rates->limits[limit].burst == 0 ? NULL : &rates->limits[limit];
}

static unsigned number_of(const struct http_rates *rates, const struct http_route *route)
{
    return rates == NULL ? 0 : route->limit != 0 ? route->limit : rates->of_class[route->class];
}

static int64_t cost_of(const struct http_route *route)
{
    return route->cost > 0 ? route->cost : 1;
}

int http_rates_check(const struct http_rates *rates, const struct http_route *const *tables, struct err *err)
{
    for (; *tables != NULL; tables++)
        for (const struct http_route *route = *tables; route->pattern != NULL; route++) {
            unsigned number = number_of(rates, route);
            assert(rates == NULL || number < rates->n_limits);
            const struct http_limit *limit = limit_of(rates, number);
            if (limit != NULL && limit->burst < cost_of(route))
                return err_set(err, ERR_INVALID,
                    "limit-%s is %lld at once, but one request to %s costs %lld: it would never pass",
                    limit->name, (long long)limit->burst, route->pattern, (long long)cost_of(route));
        }
    return 0;
}

// --- the tables ----------------------------------------------------------------------------------------------------
static uint64_t hash_key(const struct http_rates *rates, unsigned limit, const void *key, size_t size)
{
    unsigned char text[1 + 32], hash[crypto_shorthash_BYTES];
    uint64_t result;
    assert(size <= sizeof(text) - 1);
    text[0] = (unsigned char)limit;
    memcpy(text + 1, key, size);
    crypto_shorthash(hash, text, 1 + size, rates->seed);
    memcpy(&result, hash, sizeof(result));
    return result != 0 ? result : 1;
}

// The key's own place; else one that was never used or whose holder is at rest, emptied; else the crowd's. Places before
// a key were in use when it came and stay so, hence it is never behind one that was never used.
static int64_t *find_state(struct shard *shard, unsigned limit, uint64_t key, int64_t now_ns)
{
    struct place *free_place = NULL;
    for (size_t i = 0; i < WINDOW; i++) {
        struct place *place = &shard->places[((key >> 32) + i) % SHARD_PLACES];
        if (place->key == key)
            return &place->tat_ns;
        if (free_place == NULL && (place->key == 0 || place->tat_ns <= now_ns))
            free_place = place;
        if (place->key == 0)
            break;
    }
    if (free_place == NULL)
        return &shard->crowd_ns[limit];
    *free_place = (struct place){.key = key};
    return &free_place->tat_ns;
}

struct gcra_answer rates_act(struct http_rates *rates, enum rates_act act, unsigned limit, bool is_account,
    const void *key, size_t size, int64_t cost, int64_t now_ns)
{
    assert(limit_of(rates, limit) != NULL);
    const struct gcra *gcra = &rates->gcra[limit];
    uint64_t hash = hash_key(rates, limit, key, size);
    struct shard *shard = &(is_account ? &rates->accounts : &rates->addresses)->shards[hash % SHARDS];
    pthread_mutex_lock(&shard->lock);
    int64_t *tat_ns = find_state(shard, limit, hash, now_ns);
    if (act == RATES_CHARGE)
        *tat_ns = gcra_charge(gcra, *tat_ns, now_ns, cost);
    struct gcra_answer answer = gcra_spend(gcra, *tat_ns, now_ns, act == RATES_CHARGE ? 0 : cost);
    if (act == RATES_SPEND)
        *tat_ns = answer.tat_ns;
    pthread_mutex_unlock(&shard->lock);
    return answer;
}

void rates_print(const struct http_rates *rates, struct buf *out)
{
    buf_add_text(out, "# HELP plenum_rate_limited_total Requests refused with 429, by kind.\n"
                      "# TYPE plenum_rate_limited_total counter\n");
    for (size_t i = 1; rates != NULL && i < rates->n_limits; i++)
        buf_printf(out, "plenum_rate_limited_total{class=\"%s\"} %llu\n", rates->limits[i].name,
            (unsigned long long)atomic_load_explicit(&rates->refused[i], memory_order_relaxed));
}

// --- requests ------------------------------------------------------------------------------------------------------
static int64_t seconds_up(int64_t ns)
{
    return (ns + 999999999) / 1000000000;
}

// RateLimit-Policy and RateLimit as draft-ietf-httpapi-ratelimit-headers has them: while there is something left, `t` is
// when all of it will be there again; when refused, the same moment as Retry-After.
static void say(
    struct http_request *request, struct http_rates *rates, unsigned limit, const struct gcra_answer *answer)
{
    char text[96];
    bool refused = answer->verdict != GCRA_ADMITTED;
    assert(answer->verdict != GCRA_NEVER); // http_rates_check
    int64_t wait_s = seconds_up(answer->wait_ns);
    http_reply_header(request, "RateLimit-Policy", rates->policies[limit]);
    snprintf(text, sizeof(text), "\"burst\";r=%lld;t=%lld", (long long)answer->remaining,
        (long long)(refused ? wait_s : seconds_up(answer->full_ns)));
    http_reply_header(request, "RateLimit", text);
    if (!refused)
        return;
    snprintf(text, sizeof(text), "%lld", (long long)wait_s);
    http_reply_header(request, "Retry-After", text);
    atomic_fetch_add_explicit(&rates->refused[limit], 1, memory_order_relaxed);
    request->refusal = 429;
    request->refusal_detail = arena_printf(request->arena,
        "Too many requests of this kind: %lld at once are allowed, coming back over %d s. Try again in %lld s.",
        (long long)rates->limits[limit].burst, rates->limits[limit].window_s, (long long)wait_s);
}

static uint64_t address_key(const struct http_request *request)
{
    unsigned char bytes[16] = {0}; // what has no address shares this one
    const char *text = http_client_address(request);
    (void)!limits_parse_address(text, strlen(text), bytes);
    return limits_address_key(bytes);
}

static struct gcra_answer by_address(
    const struct http_request *request, enum rates_act act, unsigned limit, int64_t cost)
{
    uint64_t key = address_key(request);
    return rates_act(request->connection->server->settings.rates, act, limit, false, &key, sizeof(key), cost,
        clock_monotonic_us() * 1000);
}

void rates_check_address(struct http_request *request)
{
    struct http_rates *rates = request->connection->server->settings.rates;
    const struct http_route *route = request->entry->route;
    unsigned number = number_of(rates, route);
    const struct http_limit *limit = limit_of(rates, number);
    if (limit == NULL || !limit->by_address)
        return;
    struct gcra_answer answer = by_address(request, RATES_SPEND, number, cost_of(route));
    say(request, rates, number, &answer);
}

bool http_limit_account(struct http_request *request, const void *account, size_t size)
{
    struct http_rates *rates = request->connection->server->settings.rates;
    const struct http_route *route = request->entry->route;
    unsigned number = number_of(rates, route);
    const struct http_limit *limit = limit_of(rates, number);
    if (limit == NULL || limit->by_address || request->is_counted)
        return true;
    request->is_counted = true;
    struct gcra_answer answer = account == NULL ? by_address(request, RATES_SPEND, number, cost_of(route))
                                                : rates_act(rates, RATES_SPEND, number, true, account, size,
                                                      cost_of(route), clock_monotonic_us() * 1000);
    say(request, rates, number, &answer);
    if (answer.verdict == GCRA_ADMITTED)
        return true;
    reply_refusal(request);
    return false;
}

bool http_limit_allows(struct http_request *request, unsigned number)
{
    struct http_rates *rates = request->connection->server->settings.rates;
    if (limit_of(rates, number) == NULL)
        return true;
    struct gcra_answer answer = by_address(request, RATES_LOOK, number, 1);
    if (answer.verdict == GCRA_ADMITTED)
        return true;
    say(request, rates, number, &answer);
    reply_refusal(request);
    return false;
}

void http_limit_charge(struct http_request *request, unsigned number, int64_t cost)
{
    if (limit_of(request->connection->server->settings.rates, number) != NULL)
        (void)by_address(request, RATES_CHARGE, number, cost);
}
