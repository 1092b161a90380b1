// What goes into the files of an export: items with the judgments that count, one at a time, and the views that write
// them in a format. Pure but for the files written; belongs to one pool thread. Memory: one item with its judgments.
//
// Order: items by the source's id, then those known by their content, by its hash; within an item by the rater's
// pseudonym, or, in files that name no rater, by what the line says: the place of a line must not tell who wrote it.
// Keys have a fixed order, and nothing of the day of the export goes into a data file.
#ifndef COORDINATOR_DATASET_VIEW_H
#define COORDINATOR_DATASET_VIEW_H

#include "coordinator/dataset/outfile.h"
#include "coordinator/dataset/release.h"

enum { EXPORT_FILES_MAX = 16, N_OUTCOMES = 9, FORMATS_MAX = 8 };

struct export_judgment {
    const json_t *json; // as dataset_items.sql has it
    const struct rater *rater;
    const char *outcome;
    int strength; // 0: none
    char id[PSEUDONYM_BYTES];
    char repeat_of[PSEUDONYM_BYTES]; // the same person's first judgment of it; "": this is the first
    int edited;                      // number of the response that was made better
    char *content;                   // what it was made into, owned; NULL: nothing
};

struct export_item {
    char *id;       // the source's, or "sha256-" and the hash of the content
    json_t *prompt; // [{role, content}]
    json_t *responses;
    json_t *tags, *gold, *later, *judged; // owned; `judged` holds what judgments point into
    const char *language, *warning;
    struct export_judgment *judgments; // in order of the rater's pseudonym
    size_t n_judgments;
};

// A strict preference between two of an item's responses.
struct export_pair {
    int chosen, rejected; // numbers of responses
    int strength;
    const char *edited; // what the chosen one was made into, when it is that which is better; borrowed
};

struct export_counts {
    int64_t items, responses, judgments, by_outcome[N_OUTCOMES];
    int64_t repeats;         // beside the judgments
    int64_t excluded;        // beside both: by raters whom the study excluded, where they are kept
    int64_t pairs, no_pair;  // of judgments, for the formats of pairs
    int64_t not_expressible; // pairs that a format has no words for (hh: roles but user and assistant)
};
extern const char *const outcome_names[N_OUTCOMES];

struct export_file {
    struct outfile *file;
    const char *format, *about; // a sentence for the card
    const char *const *columns; // ended by NULL; NULL: lines of several types
};

struct keys;

struct export_run {
    const char *folder;
    struct release release;
    struct export_counts counts;
    struct export_file files[EXPORT_FILES_MAX];
    size_t n_files;
    const char *name; // the project's
    bool is_simulated;
    const json_t *task; // of the study
    const struct keys *keys;
    bool is_worse; // its choices name the worse one
    bool keeps_excluded;
    bool has_edits;                  // what people made of responses goes out
    unsigned char space[HASH_BYTES]; // of the study's embedding endpoint, where its embeddings go out
    char *embedder;                  // its model; NULL: those that came with the responses go out, if any
    uint32_t n_dimensions;           // of the endpoint's
    bool has_gold; // some tasks had a known answer and a role: what was said of them goes out apart
    struct hash_stream *items_hash, *judgments_hash;
};

struct export_view {
    const char *format;
    int (*open)(struct export_run *run, void **ret_state, struct err *err);
    // Judgments by raters whom the study excluded come along where they are to be kept: to be marked, or left out.
    void (*item)(void *state, struct export_run *run, const struct export_item *item);
    // A judgment of what has a role, by a rater of the release; NULL: the format leaves them out.
    void (*gold)(void *state, const char *item, const struct export_judgment *judgment);
    void (*close)(void *state);
};
extern const struct export_view *const export_views[];           // ended by NULL
const struct export_view *export_view_named(const char *format); // or NULL
extern const struct export_view view_plenum, view_trl, view_trl_implicit, view_csv, view_hh;

// Registers and opens a file of the run.
int export_file_open(struct export_run *run, const struct export_file *about, const char *name,
    struct outfile **ret_file, struct err *err) MUST_CHECK;
// One line of JSON; takes the reference.
void export_line(struct outfile *file, json_t *line);

// The strict preferences in a judgment, best first; at most `max`, which is enough for any ranking of 100. Returns how many.
// What was edited is better than what it was, and than all that was worse than that: edited > chosen > rejected.
enum { PAIRS_OF_A_JUDGMENT_MAX = 100 * 99 / 2 + 100 };
size_t judgment_pairs(
    const struct export_judgment *judgment, bool is_worse, struct export_pair *pairs, size_t max);
// The words of the better one.
const char *chosen_content(const struct export_item *item, const struct export_pair *pair);
const char *response_content(const struct export_item *item, int number);

#endif
