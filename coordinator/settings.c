#include "coordinator/settings.h"

#include "coordinator/limits.h"

const struct config_setting coordinator_settings[] = {
    {"listen", "PLENUM_LISTEN", "127.0.0.1:8080",
        "address:port for browsers and APIs; port 0 takes a free one"},
    {"data", "PLENUM_DATA", NULL, "data folder (default ./var, as root /var/lib/plenum)"},
    {"database-url", "DATABASE_URL", NULL,
        "an outside PostgreSQL 15+ (default: a private cluster in the data folder)"},
    {"tls-cert", "PLENUM_TLS_CERT", NULL, "PEM certificate chain; with tls-key turns TLS on"},
    {"tls-key", "PLENUM_TLS_KEY", NULL, "PEM private key"},
    {"public-url", "PLENUM_PUBLIC_URL", NULL, "what browsers use to reach this (default: from listen)"},
    {"trusted-proxies", "PLENUM_TRUSTED_PROXIES", NULL,
        "addresses and prefixes of proxies that say who asks"},
    {"proxy-fields", "PLENUM_PROXY_FIELDS", "x-forwarded",
        "what they say it with: x-forwarded (-For, -Proto) or forwarded; the other kind is ignored"},
    {"worker-listen", "PLENUM_WORKER_LISTEN", "127.0.0.1:8081", "address:port for workers (mutual TLS)"},
    {"threads", "PLENUM_THREADS", "0", "loop threads; 0: one a core"},
    {"web", "PLENUM_WEB", NULL, "folder of the built pages (default: found beside the program)"},
    {"user", "PLENUM_USER", "plenum", "service user to become when started as root"},
    {"rate-limits", "PLENUM_RATE_LIMITS", "on",
        "off: no rate limits, nor of connections by address; only on a loopback listener, for tests"},
    LIMITS(LIMIT_SETTING){"header-timeout-ms", "PLENUM_HEADER_TIMEOUT_MS", "5000",
        "a request's headers must be complete within this"},
    {"idle-timeout-ms", "PLENUM_IDLE_TIMEOUT_MS", "15000", "an idle connection is closed after this"},
    {"max-connections", "PLENUM_MAX_CONNECTIONS", "0",
        "over all threads; 0: what the descriptor limit allows"},
    {"stop-seconds", "PLENUM_STOP_SECONDS", "10",
        "after SIGTERM requests are finished and all is over within this; 3 to 600"},
    {"log-level", "PLENUM_LOG_LEVEL", "info", "debug, info, warning or error"},
    {"ini", "PLENUM_INI", NULL, "settings file (default: plenum.ini in the data folder, if there)"},
    {0},
};
