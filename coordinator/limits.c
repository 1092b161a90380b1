#include "coordinator/limits.h"

#include "base/gcra.h"
#include "coordinator/http/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_ENTRY(number, name_, environment, by_address_, value, help)                                    \
    [LIMIT_##number] = {.name = name_, .by_address = by_address_},
static const struct http_limit defaults[N_LIMITS] = {LIMITS(LIMIT_ENTRY)};

#define LIMIT_SETTING_NAME(number, name, environment, by_address, value, help)                               \
    [LIMIT_##number] = "limit-" name,
static const char *const setting_names[N_LIMITS] = {LIMITS(LIMIT_SETTING_NAME)};

// A whole number from 1 to `max` up to the byte `end`; what is behind it, or NULL.
static const char *read_number(const char *text, long max, long *ret_value)
{
    char *end = NULL;
    errno = 0;
    *ret_value = strtol(text, &end, 10);
    bool good = *text >= '0' && *text <= '9' && errno == 0 && *ret_value >= 1 && *ret_value <= max;
    return good ? end : NULL;
}

static int read_limit(const char *name, const char *text, struct http_limit *limit, struct err *err)
{
    long burst = 0, seconds = 0;
    if (strcmp(text, "0") == 0)
        return 0;
    const char *at = read_number(text, GCRA_BURST_MAX, &burst);
    if (at != NULL && *at == '/')
        at = read_number(at + 1, GCRA_WINDOW_MAX_S, &seconds);
    else
        at = NULL;
    if (at != NULL && *at == 's')
        at++;
    if (at == NULL || *at != '\0')
        return err_set(err, ERR_INVALID,
            "%s is %s, but must be how many at once / in how many seconds they come back, like 300/60 (at most "
            "%d/%d), or 0 for no limit",
            name, text, GCRA_BURST_MAX, GCRA_WINDOW_MAX_S);
    limit->burst = burst;
    limit->window_s = (int)seconds;
    return 0;
}

int limits_load(const struct config *config, struct http_rates **ret_rates, struct err *err)
{
    struct http_limit limits[N_LIMITS];
    memcpy(limits, defaults, sizeof(limits));
    for (size_t i = 1; i < N_LIMITS; i++) {
        int rc = read_limit(setting_names[i], config_text(config, setting_names[i]), &limits[i], err);
        if (rc < 0)
            return rc;
    }
    *ret_rates = http_rates_new(&(struct http_rate_settings){
        .limits = limits,
        .n_limits = N_LIMITS,
        .of_class =
            {
                [HTTP_CLASS_WRITE] = LIMIT_WRITE,
                [HTTP_CLASS_READ] = LIMIT_READ,
                [HTTP_CLASS_SCORE] = LIMIT_SCORE,
                [HTTP_CLASS_BULK] = LIMIT_BULK,
            },
    });
    return 0;
}
