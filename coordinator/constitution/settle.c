// Closing what is due: a timer on loop 0 of each coordinator reads the amendments whose time is over, decides each here
// by its own rule, and closes it in one statement that holds only if the tally and the latest version are still those
// it was decided on. Any number of coordinators may do so at once; one of them succeeds.
#include "coordinator/constitution/constitution.h"

#include "base/log.h"
#include "coordinator/audit/entry.h"
#include "coordinator/constitution/amend.h"
#include "coordinator/constitution/rule.h"
#include "coordinator/db/db.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 500, ARENA_MAX = 256 * 1024 * 1024 };
enum {
    SHARD_KEY,
    AMENDMENT,
    COMMUNITY,
    BASE_VERSION,
    OPERATIONS,
    RULE,
    YES,
    NO,
    ABSTAIN,
    BASE,
    VERSION,
    LATEST
};

// One a process, on loop 0.
struct settler {
    struct loop *loop;
    struct event *timer;
    bool asking;
    int n_closing, n_closed;
};
static struct settler settler;

static json_t *parsed(struct arena *arena, const char *text)
{
    return arena_json(arena, json_loads(text, 0, NULL));
}

// The document that adopting makes, on the latest version; NULL when the articles it touches have changed since, with
// the first of them in `ret_article`.
static struct document *amended(
    const struct db_result *result, int row, struct arena *arena, const char **ret_article)
{
    struct document *base = NULL, *latest = NULL, *after = NULL;
    struct operations *operations = NULL;
    struct fault fault = {0};
    int rc = document_parse(parsed(arena, db_text(result, row, BASE)), "", arena, &base, &fault);
    assert(rc == 0); // what is stored was parsed before
    rc = document_parse(parsed(arena, db_text(result, row, LATEST)), "", arena, &latest, &fault);
    assert(rc == 0);
    rc = operations_parse(
        parsed(arena, db_text(result, row, OPERATIONS)), "", base, arena, &operations, &fault);
    assert(rc == 0);
    if (!operations_still_apply(base, latest, operations, ret_article))
        return NULL;
    // A place to hang something on may be gone, or the whole have grown too long.
    return document_amend(latest, operations, "", arena, &after, &fault) == 0 ? after : NULL;
}

static void on_closed(void *arg, const struct db_result *result)
{
    (void)arg;
    settler.n_closing--;
    // No row, a conflict or an unknown fate: the next tick reads again what is still due.
    if (result->status == DB_OK && result->n_rows == 1 && db_number(result, 0, 0) == 1) {
        settler.n_closed++;
        log_plain(LOG_INFO, "amendment_settled");
    } else if (result->status == DB_REJECTED || result->status == DB_FAILED) {
        log_event(LOG_ERROR, "amendment_not_settled", LOG_TEXT("sqlstate", result->sqlstate));
    }
    if (settler.n_closing == 0 && settler.n_closed > 0)
        event_active(settler.timer, EV_TIMEOUT, 0); // there may be a next one
}

static void add_entry(struct db_params *params, struct arena *arena, const char *type, json_t *members)
{
    struct audit_entry entry;
    audit_entry_make(arena, type, members, &entry);
    db_add_uuid(params, entry.id);
    db_add_text(params, entry.text);
}

static void close_one(const struct db_result *result, int row, struct arena *arena)
{
    struct id amendment = {db_number(result, row, SHARD_KEY), db_uuid(result, row, AMENDMENT)};
    struct id community = {amendment.shard_key, db_uuid(result, row, COMMUNITY)};
    struct tally tally = {
        db_number(result, row, YES), db_number(result, row, NO), db_number(result, row, ABSTAIN)};
    json_t *outcome = arena_json(arena, rule_outcome(parsed(arena, db_text(result, row, RULE)), &tally));
    struct document *after = NULL;
    const char *article = NULL, *text = NULL;
    unsigned char hash[HASH_BYTES];
    size_t size = 0;
    json_int_t version = (json_int_t)db_number(result, row, VERSION) + 1;
    if (json_is_true(json_object_get(outcome, "adopted"))) {
        after = amended(result, row, arena, &article);
        if (after != NULL) {
            text = document_canonical(after, arena, &size, hash);
            assert(text != NULL); // document_amend has tried
            json_object_set_new(outcome, "version", json_integer(version));
        } else {
            json_object_set_new(outcome, "adopted", json_false());
            json_object_set_new(outcome, "reason", json_string("overtaken"));
            if (article != NULL)
                json_object_set_new(outcome, "article", json_string(article));
        }
    }
    char hex[HASH_HEX_BYTES] = "";
    if (text != NULL)
        hex_encode(hash, HASH_BYTES, hex);
    const char *state = text != NULL ? "adopted" : "rejected";
    char *outcome_text = json_canonical(outcome);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, amendment.shard_key);
    db_add_uuid(&params, amendment.uuid);
    db_add_text(&params, state);
    db_add_text(&params, outcome_text);
    db_add_number(&params, tally.yes);
    db_add_number(&params, tally.no);
    db_add_number(&params, tally.abstain);
    db_add_number(&params, version - 1);
    db_add_text(&params, text);
    if (text != NULL)
        db_add_bytes(&params, hash, HASH_BYTES);
    else
        db_add_null(&params);
    add_entry(&params, arena, "decision",
        json_pack("{s:o, s:o, s:s, s:O, s:I, s:I, s:I}", "community", json_id(community), "amendment",
            json_id(amendment), "state", state, "outcome", outcome, "yes", (json_int_t)tally.yes, "no",
            (json_int_t)tally.no, "abstain", (json_int_t)tally.abstain));
    add_entry(&params, arena, "constitution",
        json_pack("{s:o, s:o, s:s, s:I}", "community", json_id(community), "amendment", json_id(amendment),
            "hash", hex, "version", version));
    db_add_uuid(&params, uuid_new()); // of the event
    settler.n_closing++;
    db_query(settler.loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_CONSTITUTION_SETTLE, &params, on_closed, NULL);
    free(outcome_text);
}

static void on_due(void *arg, const struct db_result *result)
{
    (void)arg;
    settler.asking = false;
    if (result->status != DB_OK)
        return;
    for (int i = 0; i < result->n_rows; i++) {
        struct arena *arena = arena_new(ARENA_MAX);
        close_one(result, i, arena);
        arena_free(arena);
    }
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what, (void)arg;
    if (settler.asking || settler.n_closing > 0)
        return;
    struct db_params params;
    db_params_init(&params);
    settler.asking = true;
    settler.n_closed = 0;
    db_query(settler.loop->db, DB_READ, 0, QUERY_CONSTITUTION_DUE, &params, on_due, NULL);
}

int settle_start(struct loop *loop, struct err *err)
{
    settler = (struct settler){.loop = loop, .timer = event_new(loop->base, -1, EV_PERSIST, on_tick, NULL)};
    if (settler.timer == NULL)
        return err_set(err, ERR_INTERNAL, "no timer for amendments");
    const struct timeval every = {.tv_usec = TICK_MS * 1000};
    event_add(settler.timer, &every);
    return 0;
}

void settle_stop(struct loop *loop)
{
    (void)loop;
    event_free(settler.timer);
}
