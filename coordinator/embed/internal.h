// What the files of the embed room share. Loop threads.
#ifndef COORDINATOR_EMBED_INTERNAL_H
#define COORDINATOR_EMBED_INTERNAL_H

#include "base/err.h"
#include "base/hash.h"
#include "base/id.h"
#include "coordinator/outside/call.h"
#include "coordinator/embed/embeddings.h"

struct http_request;
struct loop;

enum {
    EMBED_BATCH_TEXTS = 32, // what Text Embeddings Inference takes as it is started; others take more
    EMBED_BATCH_BYTES = 256 * 1024,
    EMBED_ANSWER_MAX_BYTES = 8 * 1024 * 1024, // 32 texts of 8,192 numbers written out are 6 MiB
    EMBED_DETAIL_BYTES = 200,
};

// --- endpoint.c: routes -------------------------------------------------------------------------------------------------
void embed_put(struct http_request *request);
void embed_show(struct http_request *request);
void embed_remove(struct http_request *request);
void embed_retry(struct http_request *request);

// --- asking.c: one batch ------------------------------------------------------------------------------------------------
enum asked_fate {
    ASKED_WELL,
    ASKED_LATER, // it may go better: nobody there, too much to do, a server's error
    ASKED_BADLY, // an answer that is none
    ASKED_NEVER, // it says no: the key, the model's name, a text that is too long
};
struct asked {
    enum asked_fate fate;
    const char *kind; // a word for the page: of outside_end_names or embeddings_fault_names, or "server"
    int status;       // HTTP; 0: none
    int retry_after_s;
    char detail[EMBED_DETAIL_BYTES]; // for people, in no words of the endpoint's
    const float *values;             // of ASKED_WELL: texts x n_dimensions
    uint32_t n_dimensions;
};
struct asking_request {
    const char *url, *key, *model;
    uint32_t ask_dimensions; // that are asked for; 0: as the model has it
    uint32_t n_dimensions;   // that must come; 0: any
    const struct embeddings_text *texts;
    size_t n_texts;
};
struct asking;
// Asks once. `done` is called once, later, on this loop; what `asked` points to holds until it returns. All is copied.
struct asking *asking_new(struct loop *loop, struct outside *outside, const struct asking_request *request,
    void (*done)(void *arg, const struct asked *asked), void *arg);
void asking_cancel(struct asking *asking); // no word any more

// How many of the texts go into one request: at least one, at most EMBED_BATCH_TEXTS, and no more than EMBED_BATCH_BYTES of them.
size_t asking_batch(const struct embeddings_text *texts, size_t n_texts);

// --- filler.c: one a process, on the first loop's thread ------------------------------------------------------------------
int filler_start(struct loop *loop, int connect_ms, int whole_ms, struct err *err) MUST_CHECK;
void filler_stop(void);

// --- texts.c: of each loop ------------------------------------------------------------------------------------------------
struct embed_loop;
struct embed_loop *texts_start(struct loop *loop, int connect_ms);
void texts_stop(struct embed_loop *embed);

#endif
