#include "coordinator/db/pool.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

enum { STATEMENT_MAX_BYTES = 256 };

struct listener {
    struct listener *next;
    struct db *db;
    char *channel, *statement;
    void (*wake)(void *arg, const char *payload);
    void *arg;
};

static void on_listening(void *arg, const struct db_result *result)
{
    const struct listener *listener = arg;
    // What was told while nobody listened is not told again: look for it.
    if (result->status == DB_OK && !listener->db->closing)
        listener->wake(listener->arg, "");
}

static void start(struct listener *listener)
{
    pipeline_submit(listener->db->reads,
        call_new(DB_READ, 0, (enum query)0, listener->statement, NULL, on_listening, listener));
}

void db_listen(struct db *db, const char *channel, void (*wake)(void *arg, const char *payload), void *arg)
{
    struct listener *listener = calloc(1, sizeof(*listener));
    if (listener == NULL || (listener->channel = strdup(channel)) == NULL)
        abort();
    struct buf statement;
    buf_init(&statement, STATEMENT_MAX_BYTES);
    buf_add_text(&statement, "listen \"");
    for (const char *c = channel; *c != '\0'; c++) {
        if (*c == '"')
            buf_add_char(&statement, '"');
        buf_add_char(&statement, *c);
    }
    buf_add_char(&statement, '"');
    int rc = buf_check(&statement);
    assert(rc == 0); // names of channels are constants of ours
    listener->statement = buf_detach(&statement);
    listener->db = db;
    listener->wake = wake;
    listener->arg = arg;
    listener->next = db->listeners;
    db->listeners = listener;
    if (pipeline_is_up(db->reads))
        start(listener);
}

void listen_connected(void *arg)
{
    struct db *db = arg;
    for (struct listener *listener = db->listeners; listener != NULL; listener = listener->next)
        start(listener);
}

void listen_notified(void *arg, const char *channel, const char *payload)
{
    struct db *db = arg;
    for (struct listener *listener = db->listeners; listener != NULL; listener = listener->next) {
        if (strcmp(listener->channel, channel) == 0)
            listener->wake(listener->arg, payload);
    }
}

void listen_free(struct db *db)
{
    while (db->listeners != NULL) {
        struct listener *listener = db->listeners;
        db->listeners = listener->next;
        free(listener->channel);
        free(listener->statement);
        free(listener);
    }
}
