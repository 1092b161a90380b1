// A conversation as Polis exports one, column for column: comments.csv, votes.csv, participants-votes.csv, summary.csv. What reads those reads these. Only
// once its votes may be seen, and only for those who moderate; each leaves an entry of the log. People have numbers of this conversation alone.
#include "coordinator/deliberate/internal.h"

#include "base/buf.h"
#include "coordinator/api.h"
#include "coordinator/dataset/csv.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/routes.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Columns of deliberate_polis_begin.sql.
enum { IS_TOLD, TITLE, TEXT, N_STATEMENTS, N_VOTERS, N_AUTHORS };

struct polis;

struct table {
    const char *name;
    int (*write)(struct polis *polis, struct err *err);
};

struct polis {
    struct http_request *request;
    const struct app *app;
    struct id conversation;
    const char *log_entry;
    const struct table *table;
    char *title, *text; // in one language, or the first; owned
    int64_t n_statements, n_voters, n_authors;
    struct db_session *session;
    FILE *file;
    bool is_there, is_told;
    int rc;
    struct err err;
    // participants-votes: the row being made.
    int64_t person, n_said;
    signed char *votes; // of each statement; NO_VOTE
};

enum { NO_VOTE = 2 };

static void polis_release(void *arg)
{
    struct polis *polis = arg;
    if (polis->file != NULL)
        fclose(polis->file);
    free(polis->title);
    free(polis->text);
    free(polis->votes);
}

// --- lines ----------------------------------------------------------------------------------------------------------------
static void put_text(struct polis *polis, const char *text)
{
    struct buf field;
    buf_init(&field, 2 * strlen(text) + 3);
    csv_add_field(&field, text);
    fwrite(field.data, 1, field.length, polis->file);
    buf_release(&field);
}

// Milliseconds since 1970, and the same in words: "1403054214196,Wed Jun 18 01:16:54 UTC 2014,".
static void put_time(struct polis *polis, int64_t ms)
{
    char words[64];
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(words, sizeof(words), "%a %b %d %H:%M:%S UTC %Y", &tm);
    fprintf(polis->file, "%lld,%s,", (long long)ms, words);
}

static int written(struct polis *polis, struct err *err)
{
    return ferror(polis->file) ? err_set_errno(err, "writing") : 0;
}

static int each_row(struct polis *polis, enum query query,
    int (*on_row)(void *arg, const struct db_result *row, struct err *err), struct err *err)
{
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, polis->conversation.shard_key);
    db_add_uuid(&params, polis->conversation.uuid);
    return db_session_stream(polis->session, query, &params, on_row, polis, err);
}

// --- the tables -----------------------------------------------------------------------------------------------------------
static int on_comment(void *arg, const struct db_result *row, struct err *err)
{
    enum { AT, NUMBER, AUTHOR, AGREES, DISAGREES, MODERATED, WORDS };
    struct polis *polis = arg;
    put_time(polis, db_number(row, 0, AT));
    for (int column = NUMBER; column <= MODERATED; column++)
        fprintf(polis->file, "%lld,", (long long)db_number(row, 0, column));
    put_text(polis, db_text(row, 0, WORDS));
    putc('\n', polis->file);
    return written(polis, err);
}

static int write_comments(struct polis *polis, struct err *err)
{
    fputs("timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body\n", polis->file);
    return each_row(polis, QUERY_DELIBERATE_POLIS_COMMENTS, on_comment, err);
}

static int on_vote(void *arg, const struct db_result *row, struct err *err)
{
    enum { AT, NUMBER, PERSON, VOTE };
    struct polis *polis = arg;
    put_time(polis, db_number(row, 0, AT));
    fprintf(polis->file, "%lld,%lld,%lld\n", (long long)db_number(row, 0, NUMBER),
        (long long)db_number(row, 0, PERSON), (long long)db_number(row, 0, VOTE));
    return written(polis, err);
}

static int write_votes(struct polis *polis, struct err *err)
{
    fputs("timestamp,datetime,comment-id,voter-id,vote\n", polis->file);
    return each_row(polis, QUERY_DELIBERATE_POLIS_VOTES, on_vote, err);
}

// Groups are what an opinion fit finds in this very table: the column is there, and empty.
static void end_person(struct polis *polis)
{
    int64_t n = 0, n_agree = 0, n_disagree = 0;
    if (polis->person == 0)
        return;
    for (int64_t i = 0; i < polis->n_statements; i++) {
        n += polis->votes[i] != NO_VOTE;
        n_agree += polis->votes[i] == 1;
        n_disagree += polis->votes[i] == -1;
    }
    fprintf(polis->file, "%lld,,%lld,%lld,%lld,%lld", (long long)polis->person, (long long)polis->n_said,
        (long long)n, (long long)n_agree, (long long)n_disagree);
    for (int64_t i = 0; i < polis->n_statements; i++) {
        if (polis->votes[i] == NO_VOTE)
            putc(',', polis->file);
        else
            fprintf(polis->file, ",%d", polis->votes[i]);
    }
    putc('\n', polis->file);
}

static int on_person_vote(void *arg, const struct db_result *row, struct err *err)
{
    enum { PERSON, SAID, NUMBER, VOTE };
    struct polis *polis = arg;
    if (db_number(row, 0, PERSON) != polis->person) {
        end_person(polis);
        polis->person = db_number(row, 0, PERSON);
        polis->n_said = db_number(row, 0, SAID);
        memset(polis->votes, NO_VOTE, (size_t)polis->n_statements);
    }
    int64_t statement = db_is_null(row, 0, NUMBER) ? -1 : db_number(row, 0, NUMBER);
    if (statement >= 0 && statement < polis->n_statements) // else it was said since
        polis->votes[statement] = (signed char)db_number(row, 0, VOTE);
    return written(polis, err);
}

static int write_people(struct polis *polis, struct err *err)
{
    polis->votes = malloc((size_t)polis->n_statements + 1);
    if (polis->votes == NULL)
        abort();
    fputs("participant,group-id,n-comments,n-votes,n-agree,n-disagree", polis->file);
    for (int64_t i = 0; i < polis->n_statements; i++)
        fprintf(polis->file, ",%lld", (long long)i);
    putc('\n', polis->file);
    int rc = each_row(polis, QUERY_DELIBERATE_POLIS_PEOPLE, on_person_vote, err);
    if (rc == 0)
        end_person(polis);
    return rc;
}

// Views are not counted here, and groups are found by an opinion fit: both are left empty.
static int write_summary(struct polis *polis, struct err *err)
{
    fputs("topic,", polis->file);
    put_text(polis, polis->title);
    fprintf(polis->file,
        "\nurl,\nviews,\nvoters,%lld\nvoters-in-conv,%lld\ncommenters,%lld\ncomments,%lld\ngroups,\nconversation-description,",
        (long long)polis->n_voters, (long long)polis->n_voters, (long long)polis->n_authors,
        (long long)polis->n_statements);
    put_text(polis, polis->text);
    putc('\n', polis->file);
    return written(polis, err);
}

static const struct table tables[] = {
    {"comments", write_comments},
    {"votes", write_votes},
    {"participants-votes", write_people},
    {"summary", write_summary},
};

// --- on a thread of the pool ------------------------------------------------------------------------------------------------
static char *one_text(const struct db_result *result, int column)
{
    json_t *words =
        db_is_null(result, 0, column) ? NULL : json_loads(db_text(result, 0, column), JSON_DECODE_ANY, NULL);
    char *text = strdup(words_in(words, NULL));
    if (text == NULL)
        abort();
    json_decref(words);
    return text;
}

static int begin(struct polis *polis, struct err *err)
{
    struct db_result result;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, polis->conversation.shard_key);
    db_add_uuid(&params, polis->conversation.uuid);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, polis->log_entry);
    int rc = db_session_query(polis->session, QUERY_DELIBERATE_POLIS_BEGIN, &params, &result, err);
    polis->is_there = rc == 0 && result.n_rows == 1;
    polis->is_told = polis->is_there && db_bool(&result, 0, IS_TOLD);
    if (!polis->is_told)
        return rc;
    polis->title = one_text(&result, TITLE);
    polis->text = one_text(&result, TEXT);
    polis->n_statements = db_number(&result, 0, N_STATEMENTS);
    polis->n_voters = db_number(&result, 0, N_VOTERS);
    polis->n_authors = db_number(&result, 0, N_AUTHORS);
    return 0;
}

static void run(void *arg)
{
    struct polis *polis = arg;
    polis->file = tmpfile();
    polis->rc = polis->file == NULL ? err_set_errno(&polis->err, "tmpfile") : 0;
    if (polis->rc == 0)
        polis->rc = db_session_open(polis->app->conninfo, &polis->session, &polis->err);
    if (polis->rc == 0)
        polis->rc = begin(polis, &polis->err);
    if (polis->rc == 0 && polis->is_told)
        polis->rc = polis->table->write(polis, &polis->err);
    db_session_close(polis->session);
}

static void done(void *arg)
{
    struct polis *polis = arg;
    struct http_request *request = polis->request;
    if (polis->rc == 0 && !polis->is_there) {
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    if (polis->rc == 0 && !polis->is_told) {
        http_problem(request, 409, "Nobody may see yet how people voted here: close the conversation first.");
        return;
    }
    char *name = arena_printf(http_arena(request), "%s.csv", polis->table->name);
    api_reply_written(
        request, polis->file, "text/csv; charset=utf-8", name, "polis_export", polis->rc, &polis->err);
}

static void export_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    const char *name = http_param(request, "table");
    struct polis *polis = arena_calloc(http_arena(request), 1, sizeof(*polis));
    *polis = (struct polis){.request = request, .app = loop->app};
    arena_on_free(http_arena(request), polis_release, polis);
    if (!identity_param_id(request, "v", &polis->conversation))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        if (strcmp(name, tables[i].name) == 0)
            polis->table = &tables[i];
    }
    if (polis->table == NULL) {
        http_problem(request, 404, "The tables are comments, votes, participants-votes and summary.");
        return;
    }
    polis->log_entry = power_entry(request, "conversation_exported", actor, &polis->conversation, NULL, 0);
    if (work_submit(loop->app->pool, loop->base, run, done, polis) < 0) {
        http_reply_header(request, "Retry-After", "2");
        http_problem(request, 503, "There is much to do just now; try again in a moment.");
    }
}

void conversation_polis(struct http_request *request)
{
    struct id conversation;
    if (identity_param_id(request, "v", &conversation))
        identity_require(request, ACTION_MODERATE, &conversation, export_as);
}
