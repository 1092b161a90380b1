#include "coordinator/collect/setup.h"

#include "base/json.h"
#include "coordinator/api.h"
#include "coordinator/collect/quota.h"
#include "coordinator/collect/seat.h"
#include "coordinator/collect/task.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/routes.h"
#include "coordinator/loop.h"

#include <stdlib.h>
#include <string.h>

// So many items are looked at in a statement, so that nobody waits long behind one.
enum { ATTEMPTS_MAX = 4, PER_ITEM_MAX = 1000, ITEMS_MAX = 2000 };

struct changing {
    struct http_request *request;
    const struct actor *actor;
    struct id project;
    const json_t *body;
    json_t *settings, *quotas; // as they are, and as they are to be
    int judgments_per_item, attempts;
    int64_t setup;      // by which they are as they are
    int64_t beyond;     // judged beyond what is to be wanted
    struct uuid behind; // the items up to this one have been looked at
    void (*then)(void *arg);
    void *arg;
};

static void changing_release(void *arg)
{
    struct changing *changing = arg;
    json_decref(changing->settings);
    json_decref(changing->quotas);
}

bool setup_is_said(const json_t *body)
{
    return json_object_get(body, "judgments_per_item") != NULL || json_object_get(body, "quotas") != NULL;
}

// --- what it is to be ---------------------------------------------------------------------------------------------------
// As it would be said: "others" follows from the rest.
static json_t *said_again(const json_t *quotas)
{
    json_t *said = json_copy((json_t *)quotas);
    if (json_is_object(said))
        json_object_del(said, "others");
    return said;
}

// What a cell is of, and what is counted in it, stays: who is counted in it already was found by that.
static void keep_kind(struct fields *fields, const json_t *old, const json_t *new)
{
    static const char *const kept[] = {"by", "per"};
    if (!quota_is_set(old)) {
        if (quota_is_set(new))
            fields_fail(fields, "/quotas", "The study began without quotas, and goes on without.");
    } else if (!quota_is_set(new)) {
        fields_fail(fields, "/quotas", "A study with quotas keeps one cell at least.");
    } else if (json_is_array(old) != json_is_array(new)) {
        fields_fail(fields, "/quotas", "The study counts %s, and goes on so: give %s.",
            json_is_array(old) ? "people" : "judgments",
            json_is_array(old) ? "a list of {attribute, value, count}" : "{by, cells, else, per}");
    } else if (json_is_object(old)) {
        for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
            if (!json_equal(json_object_get(old, kept[i]), json_object_get(new, kept[i])))
                fields_fail_at(fields, "/quotas", kept[i],
                    "This stays as it is, for judgments are counted by it already.");
        }
    }
}

static void read_change(struct changing *changing, struct fields *fields)
{
    const json_t *old = json_object_get(changing->settings, "quotas"), *body = changing->body;
    const json_t *task = json_object_get(changing->settings, "task");
    json_t *whole = json_object();
    changing->judgments_per_item = (int)fields_integer(fields, body, "", "judgments_per_item", FIELD_OPTIONAL,
        1, PER_ITEM_MAX, changing->judgments_per_item);
    if (json_object_get(body, "judgments_per_item") != NULL) {
        json_object_set(whole, "judgments_per_item", json_object_get(body, "judgments_per_item"));
        if (json_object_get(task, "chat") != NULL)
            fields_fail(fields, "/judgments_per_item", "A turn of a chat is judged once.");
    }
    if (json_object_get(body, "quotas") != NULL)
        json_object_set(whole, "quotas", json_object_get(body, "quotas"));
    else
        json_object_set_new(whole, "quotas", said_again(old));
    changing->quotas = quota_read(
        fields, whole, json_object_get(changing->settings, "demographics"), &changing->judgments_per_item);
    json_decref(whole);
    keep_kind(fields, old, changing->quotas);
}

// --- the statements -----------------------------------------------------------------------------------------------------
static void look(struct changing *changing);

static void on_changed(void *arg, const struct db_result *result)
{
    struct changing *changing = arg;
    const struct loop *loop = http_context(changing->request);
    if (api_db_failed(changing->request, result))
        return;
    const char *outcome = db_is_null(result, 0, 0) ? "" : db_text(result, 0, 0);
    task_forget(loop->collect, changing->project.shard_key);
    if (strcmp(outcome, "moved") == 0 && ++changing->attempts < ATTEMPTS_MAX)
        look(changing);
    else if (strcmp(outcome, "changed") == 0 || strcmp(outcome, "same") == 0)
        changing->then(changing->arg);
    else if (strcmp(outcome, "closed") == 0)
        http_problem(changing->request, 409, "A closed project stays closed: what was judged is final.");
    else if (strcmp(outcome, "moved") == 0)
        http_problem(changing->request, 409, "Somebody else changes this at the moment; look and try again.");
    else
        http_problem(changing->request, 404, "There is nothing here, or it is not yours to see.");
}

static void add_entry(const struct changing *changing, struct db_params *params, const char *type)
{
    db_add_uuid(params, uuid_new());
    db_add_text(params, power_entry(changing->request, type, changing->actor, &changing->project, NULL, 0));
}

static void change(struct changing *changing)
{
    const struct loop *loop = http_context(changing->request);
    struct arena *arena = http_arena(changing->request);
    const json_t *quotas = changing->quotas;
    char *text = json_text(quotas, JSON_COMPACT);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, changing->project.shard_key);
    db_add_uuid(&params, changing->project.uuid);
    db_add_number(&params, changing->setup);
    db_add_number(&params, changing->judgments_per_item);
    db_add_text(&params, arena_strdup(arena, text));
    db_add_text(&params, seat_codes(loop->app->keys, arena, changing->project.shard_key, quotas));
    db_add_text(&params, seat_limits(arena, quotas, quota_wanted));
    db_add_text(&params, seat_limits(arena, quotas, quota_per_item));
    db_add_text(&params, quota_counts_people(quotas) ? "people" : "judgments");
    add_entry(changing, &params, "project_judgments_per_item");
    add_entry(changing, &params, "project_quotas");
    db_add_number(&params, changing->beyond);
    free(text);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_COLLECT_SETUP_CHANGE, &params, on_changed, changing);
}

static void count_beyond(struct changing *changing);

static void on_beyond(void *arg, const struct db_result *result)
{
    struct changing *changing = arg;
    if (api_db_failed(changing->request, result))
        return;
    changing->beyond += db_number(result, 0, 0);
    if (db_is_null(result, 0, 1)) {
        change(changing);
        return;
    }
    changing->behind = db_uuid(result, 0, 1);
    count_beyond(changing);
}

static void count_beyond(struct changing *changing)
{
    const struct loop *loop = http_context(changing->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, changing->project.shard_key);
    db_add_uuid(&params, changing->behind);
    db_add_number(&params, changing->judgments_per_item);
    db_add_number(&params, ITEMS_MAX);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_BEYOND, &params, on_beyond, changing);
}

// Columns of collect_setup.sql.
enum { SETTINGS, JUDGMENTS_PER_ITEM, SETUP, MOST };

static void on_setup(void *arg, const struct db_result *result)
{
    struct changing *changing = arg;
    struct fields fields;
    if (api_db_failed(changing->request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(changing->request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    changing_release(changing);
    changing->settings = json_loads(db_text(result, 0, SETTINGS), 0, NULL);
    changing->quotas = NULL;
    changing->judgments_per_item = (int)db_number(result, 0, JUDGMENTS_PER_ITEM);
    changing->setup = db_number(result, 0, SETUP);
    fields_init(&fields);
    read_change(changing, &fields);
    if (!fields_finish(&fields, changing->request))
        return;
    changing->beyond = 0;
    changing->behind = (struct uuid){0};
    if (changing->judgments_per_item != db_number(result, 0, JUDGMENTS_PER_ITEM) &&
        changing->judgments_per_item < db_number(result, 0, MOST))
        count_beyond(changing);
    else
        change(changing);
}

static void look(struct changing *changing)
{
    const struct loop *loop = http_context(changing->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, changing->project.shard_key);
    db_add_uuid(&params, changing->project.uuid);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_SETUP, &params, on_setup, changing);
}

void setup_change(struct http_request *request, const struct actor *actor, struct id project,
    const json_t *body, void (*then)(void *arg), void *arg)
{
    struct changing *changing = arena_calloc(http_arena(request), 1, sizeof(*changing));
    *changing = (struct changing){
        .request = request, .actor = actor, .project = project, .body = body, .then = then, .arg = arg};
    arena_on_free(http_arena(request), changing_release, changing);
    look(changing);
}
