// Those who judge, under their pseudonyms, and what their judgments sum up to; excluded and let in again.
#include "coordinator/collect/routes.h"

#include "coordinator/api.h"
#include "coordinator/collect/tally.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/routes.h"
#include "coordinator/loop.h"

#include <math.h>

// Below so many judgments nothing is said of somebody's habits; beyond this z one side is chosen too often to be chance (one in a thousand).
enum { FLAG_JUDGMENTS = 20, FLAG_FAST_MS = 2000, REASON_MAX = 500 };
// Of texts: at least so many, and so large a part of them; two alike with somebody else's are hardly chance.
enum { FLAG_TEXTS = 3, FLAG_TWINS = 2 };
static const double FLAG_Z = 3.29, FLAG_TEXTS_SHARE = 0.25;

// Columns of collect_annotators.sql.
enum {
    WHO,
    KIND,
    STATE,
    REASON,
    CODE,
    EXCLUDED,
    JOINED,
    LAST,
    JUDGED,
    SKIPPED,
    LEFT,
    RIGHT,
    ACTIVE,
    KNOWN,
    KNOWN_MET,
    TOLD,
    PASTED,
    UNTYPED,
    WORDED,
    TWINS,
    TWIN,
    TWIN_SHARE,
    OWN_TWINS
};

struct page {
    int limit;
    struct uuid cursor;
};

static void flag(json_t *flags, const char *name, const char *evidence, double value, double n)
{
    json_array_append_new(flags, json_pack("{s:s, s:s, s:f, s:I}", "flag", name, "evidence", evidence,
                                     "value", value, "n", (json_int_t)n));
}

static json_t *flags_of(double n_judged, double n_left, double n_right, double mean_ms)
{
    json_t *flags = json_array();
    double n = n_left + n_right, z = n > 0 ? (n_left - n / 2) / sqrt(n / 4) : 0;
    if (n >= FLAG_JUDGMENTS && fabs(z) > FLAG_Z)
        flag(flags, "one_side", "left_share", n_left / n, n);
    if (n_judged >= FLAG_JUDGMENTS && mean_ms > 0 && mean_ms < FLAG_FAST_MS)
        flag(flags, "fast", "mean_active_ms", mean_ms, n_judged);
    return flags;
}

// Of texts long enough to tell, so many and so large a part: one quotation, or one sentence said twice, is no habit.
static void flag_texts(json_t *flags, const char *name, const char *evidence, double n_such, double n)
{
    if (n_such >= FLAG_TEXTS && n_such >= FLAG_TEXTS_SHARE * n)
        flag(flags, name, evidence, n_such / n, n);
}

// Signs that somebody's words are not their own.
static void add_words_flags(json_t *flags, const struct db_result *result, int row, int64_t shard_key)
{
    double n_told = (double)db_number(result, row, TOLD), n = (double)db_number(result, row, WORDED);
    double n_twins = (double)db_number(result, row, TWINS);
    flag_texts(flags, "pasted", "pasted_share", (double)db_number(result, row, PASTED), n_told);
    flag_texts(flags, "untyped", "untyped_share", (double)db_number(result, row, UNTYPED), n_told);
    if (n_twins >= FLAG_TWINS) {
        flag(flags, "twins", "twin_share", n_twins / n, n);
        json_t *nearest = json_object();
        json_object_set_new(nearest, "annotator_id", json_db_id(result, row, TWIN, shard_key));
        json_object_set_new(nearest, "equal_share", json_real(db_real(result, row, TWIN_SHARE)));
        json_object_set_new(json_array_get(flags, json_array_size(flags) - 1), "nearest", nearest);
    }
    flag_texts(flags, "repeated", "repeated_share", (double)db_number(result, row, OWN_TWINS), n);
}

static json_t *annotator_json(const struct db_result *result, int row, int64_t shard_key)
{
    double n_judged = (double)db_number(result, row, JUDGED),
           n_skipped = (double)db_number(result, row, SKIPPED);
    double n_left = (double)db_number(result, row, LEFT), n_right = (double)db_number(result, row, RIGHT);
    double active_ms = (double)db_number(result, row, ACTIVE);
    double mean_ms = active_ms > 0 && n_judged + n_skipped > 0 ? active_ms / (n_judged + n_skipped) : 0;
    json_t *one = json_object();
    json_object_set_new(one, "id", json_db_id(result, row, WHO, shard_key));
    json_object_set_new(one, "kind", json_string(db_text(result, row, KIND)));
    json_object_set_new(one, "state", json_string(db_text(result, row, STATE)));
    json_object_set_new(one, "exclusion_reason", json_db_text(result, row, REASON));
    json_object_set_new(one, "exclusion_code", json_db_text(result, row, CODE));
    json_object_set_new(one, "excluded_at", json_db_time(result, row, EXCLUDED));
    json_object_set_new(one, "joined_at", json_db_time(result, row, JOINED));
    json_object_set_new(one, "last_at", json_db_time(result, row, LAST));
    json_object_set_new(one, "n_judgments", json_integer((json_int_t)n_judged));
    json_object_set_new(one, "n_skipped", json_integer((json_int_t)n_skipped));
    json_object_set_new(one, "mean_active_ms", mean_ms > 0 ? json_real(mean_ms) : json_null());
    json_object_set_new(one, "order_bias", tally_share("left_share", n_left, n_left + n_right));
    json_object_set_new(one, "gold",
        tally_share(
            "accuracy", (double)db_number(result, row, KNOWN_MET), (double)db_number(result, row, KNOWN)));
    json_t *flags = flags_of(n_judged, n_left, n_right, mean_ms);
    add_words_flags(flags, result, row, shard_key);
    json_object_set_new(one, "flags", flags);
    return one;
}

static int make_list(struct tally *tally, struct err *err)
{
    const struct page *page = tally->arg;
    struct db_result result;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, tally->project.shard_key);
    db_add_uuid(&params, page->cursor);
    db_add_number(&params, page->limit + 1);
    int rc = db_session_query(tally->session, QUERY_COLLECT_ANNOTATORS, &params, &result, err);
    if (rc < 0)
        return rc;
    json_t *rows = json_array(), *next = json_null();
    for (int i = 0; i < result.n_rows && i < page->limit; i++)
        json_array_append_new(rows, annotator_json(&result, i, tally->project.shard_key));
    if (result.n_rows > page->limit)
        next = json_db_id(&result, page->limit - 1, WHO, tally->project.shard_key);
    json_object_set_new(tally->body, "data", rows);
    json_object_set_new(tally->body, "next_cursor", next);
    return 0;
}

static void list_as(struct http_request *request, const struct actor *actor UNUSED)
{
    struct page *page = arena_calloc(http_arena(request), 1, sizeof(*page));
    struct id project;
    if (identity_param_id(request, "p", &project) && api_page(request, &page->limit, &page->cursor))
        tally_show(request, project, make_list, page, NULL);
}

void annotators_list(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_VIEW_PROJECT, &project, list_as);
}

static void on_changed(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    json_t *body = json_pack("{s:s}", "state", db_text(result, 0, 0));
    http_reply_json(request, 200, body);
}

static void change_as(struct http_request *request, const struct actor *actor)
{
    static const char *const states[] = {"active", "excluded", NULL};
    static const char *const codes[] = {"one_side", "fast", "pasted", "untyped", "twins", "known_answers",
        "same_person", "asked_to", "other", NULL};
    const struct loop *loop = http_context(request);
    json_t *body = http_body_json(request);
    struct id project, annotator;
    if (body == NULL || !identity_param_id(request, "p", &project) ||
        !identity_param_id(request, "a", &annotator))
        return;
    if (annotator.shard_key != project.shard_key) {
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("state", "reason", "code"));
    bool excludes = fields_choice(&fields, body, "", "state", FIELD_REQUIRED, states) == 1;
    const char *reason =
        fields_text(&fields, body, "", "reason", excludes ? FIELD_REQUIRED : FIELD_OPTIONAL, 1, REASON_MAX);
    int code = fields_choice(&fields, body, "", "code", FIELD_OPTIONAL, codes);
    if (!fields_finish(&fields, request))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, project.shard_key);
    db_add_uuid(&params, annotator.uuid);
    db_add_bool(&params, excludes);
    db_add_text(&params, excludes ? reason : NULL);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, power_entry(request, excludes ? "annotator_excluded" : "annotator_included", actor,
                             &project, &annotator.uuid, 0));
    db_add_text(&params, !excludes ? NULL : code >= 0 ? codes[code] : "other");
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_COLLECT_ANNOTATOR_CHANGE, &params, on_changed, request);
}

void annotators_change(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_MANAGE_PROJECT, &project, change_as);
}
