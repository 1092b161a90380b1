// One batch of texts, one call: what is answered is read on a thread of the pool, for it may be megabytes.
#include "coordinator/embed/internal.h"

#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct asking {
    struct loop *loop;
    struct outside_call *call; // NULL: it has ended
    size_t n_texts;
    uint32_t n_dimensions;
    bool is_cancelled;
    char *body; // of the answer
    size_t size;
    struct arena *arena;
    enum embeddings_fault fault;
    struct err err;
    struct asked asked;
    void (*done)(void *arg, const struct asked *asked);
    void *arg;
};

static void asking_free(struct asking *asking)
{
    if (asking->call != NULL)
        outside_call_cancel(asking->call);
    arena_free(asking->arena);
    free(asking->body);
    free(asking);
}

void asking_cancel(struct asking *asking)
{
    asking->is_cancelled = true;
    if (asking->body == NULL) // else the pool has it
        asking_free(asking);
}

// --- the answer, read -----------------------------------------------------------------------------------------------------
// On a thread of the pool.
static void run(void *arg)
{
    struct asking *asking = arg;
    float *values = NULL;
    asking->fault = embeddings_read(asking->body, asking->size, asking->n_texts, asking->n_dimensions,
        asking->arena, &values, &asking->asked.n_dimensions, &asking->err);
    asking->asked.values = values;
}

static void done(void *arg)
{
    struct asking *asking = arg;
    struct asked *asked = &asking->asked;
    if (asking->fault != EMBEDDINGS_GOOD) {
        asked->fate = ASKED_BADLY;
        asked->kind = embeddings_fault_names[asking->fault];
        snprintf(asked->detail, sizeof(asked->detail), "The endpoint's answer is not good: %.120s.",
            asking->err.message);
    }
    if (!asking->is_cancelled)
        asking->done(asking->arg, asked);
    asking_free(asking);
}

// --- the call, ended --------------------------------------------------------------------------------------------------------
static void describe(struct asked *asked, const struct outside_result *result)
{
    static const char *const details[N_OUTSIDE_ENDS] = {
        [OUTSIDE_CUT] = "The endpoint broke off in the middle of its answer.",
        [OUTSIDE_LATE] = "The endpoint did not answer in time.",
        [OUTSIDE_BUSY] = "The endpoint has too much to do just now.",
        [OUTSIDE_UNREACHABLE] = "The endpoint can't be reached, or its address may not be called.",
        [OUTSIDE_TOO_LONG] = "The endpoint's answer is longer than such an answer can be.",
    };
    asked->status = result->status;
    asked->retry_after_s = result->retry_after_s;
    asked->kind = outside_end_names[result->end];
    asked->fate = result->end == OUTSIDE_TOO_LONG ? ASKED_BADLY : ASKED_LATER;
    if (result->end == OUTSIDE_REFUSED && (result->status >= 500 || result->status == 408)) {
        asked->kind = "server";
        snprintf(asked->detail, sizeof(asked->detail), "The endpoint has an error of its own (status %d).",
            result->status);
    } else if (result->end == OUTSIDE_REFUSED) {
        asked->fate = ASKED_NEVER;
        snprintf(asked->detail, sizeof(asked->detail),
            "The endpoint refuses (status %d): look at its key, the model's name, the dimensions, and whether a text is "
            "longer than it takes.",
            result->status);
    } else {
        snprintf(asked->detail, sizeof(asked->detail), "%s", details[result->end]);
    }
}

static void on_end(void *arg, const struct outside_result *result)
{
    struct asking *asking = arg;
    asking->call = NULL;
    asking->asked.status = result->status;
    if (result->end != OUTSIDE_WHOLE) {
        describe(&asking->asked, result);
        asking->done(asking->arg, &asking->asked);
        asking_free(asking);
        return;
    }
    asking->body = malloc(result->text_length + 1);
    if (asking->body == NULL)
        abort();
    memcpy(asking->body, result->text, result->text_length);
    asking->body[result->text_length] = '\0';
    asking->size = result->text_length;
    if (work_submit(asking->loop->app->pool, asking->loop->base, run, done, asking) < 0) {
        asking->asked.fate = ASKED_LATER;
        asking->asked.kind = outside_end_names[OUTSIDE_BUSY];
        snprintf(asking->asked.detail, sizeof(asking->asked.detail), "There is much to do here just now.");
        asking->done(asking->arg, &asking->asked);
        asking_free(asking);
    }
}

// --- the beginning ----------------------------------------------------------------------------------------------------------
size_t asking_batch(const struct embeddings_text *texts, size_t n_texts)
{
    size_t n = 0, n_bytes = 0;
    while (n < n_texts && n < EMBED_BATCH_TEXTS && (n == 0 || n_bytes + texts[n].length <= EMBED_BATCH_BYTES))
        n_bytes += texts[n++].length;
    return n;
}

struct asking *asking_new(struct loop *loop, struct outside *outside, const struct asking_request *request,
    void (*on_done)(void *arg, const struct asked *asked), void *arg)
{
    struct asking *asking = calloc(1, sizeof(*asking));
    if (asking == NULL)
        abort();
    *asking = (struct asking){.loop = loop,
        .n_texts = request->n_texts,
        .n_dimensions = request->n_dimensions,
        .arena = arena_new((size_t)4 * EMBED_ANSWER_MAX_BYTES),
        .done = on_done,
        .arg = arg};
    char *body =
        embeddings_request(request->model, request->ask_dimensions, request->texts, request->n_texts);
    asking->call = outside_fetch_new(outside,
        &(struct outside_request){
            .url = request->url, .key = request->key, .body = body, .text_max_bytes = EMBED_ANSWER_MAX_BYTES},
        on_end, asking);
    free(body);
    return asking;
}
