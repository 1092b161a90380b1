// A blocking client of the coordinator's API, on libcurl, for commands. Not thread-safe; one a thread.
// Servers' problems (RFC 9457) become `struct err` with their detail and pointers.
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include "base/base.h"
#include "base/config.h"
#include "base/err.h"

#include <jansson.h>
#include <stdio.h>

struct client;

// The settings every command that talks to a server has: put this into its table.
#define CLIENT_SETTINGS                                                                                      \
    {"url", "PLENUM_URL", "http://127.0.0.1:8080", "the coordinator"},                                       \
        {"token", "PLENUM_TOKEN", NULL, "bearer token (default: the file admin.token of --data)"},           \
    {                                                                                                        \
        "data", "PLENUM_DATA", NULL, "the coordinator's data folder, to find admin.token"                    \
    }

// `token` NULL: none is sent.
struct client *client_new(const char *url, const char *token);
// From CLIENT_SETTINGS.
int client_from_config(const struct config *config, struct client **ret_client, struct err *err) MUST_CHECK;
void client_free(struct client *client);
void client_set_token(struct client *client, const char *token);

// Sends `body` (may be NULL; the reference is not taken) and gives the status and the parsed body (NULL when empty).
// `key` is an Idempotency-Key or NULL. A status of 400 and more is an error unless `ret_status` is asked for; then it is
// given there and `*ret_body` is the problem. Connection failures are always errors. When the server answers 429 or 503
// with a Retry-After, this waits and asks again, a minute in all.
int client_call(struct client *client, const char *method, const char *path, json_t *body, const char *key,
    int *ret_status, json_t **ret_body, struct err *err) MUST_CHECK;
// Streams a file as the body of a POST.
int client_upload(struct client *client, const char *path, FILE *file, const char *content_type,
    const char *content_encoding, json_t **ret_body, struct err *err) MUST_CHECK;
// Streams the answer of a GET into a file.
int client_download(struct client *client, const char *path, FILE *file, struct err *err) MUST_CHECK;
// A fresh UUID in text for Idempotency-Key.
void client_new_key(char key[37]);

#endif
