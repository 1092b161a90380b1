// The papers that go with an export: README.md (a Hugging Face dataset card), croissant.json (MLCommons Croissant 1.1)
// and manifest.json. They say what is known and no more. Pure but for the files written.
#ifndef COORDINATOR_DATASET_CARD_H
#define COORDINATOR_DATASET_CARD_H

#include "coordinator/dataset/view.h"

struct card_facts {
    const char *export_id, *project_id; // wire ids
    const char *language;               // of the project, or NULL
    const char *task;                   // "pairwise", "ranking", "rating" or ""
    const json_t *guidelines;           // [{version, sha256, text}]
    const json_t *conditions;           // as people agreed to them, the first first; may be NULL
    const json_t *filter;               // {} when everything went out
    const json_t *formats;
    int64_t created_us, judgments_per_item, excluded_raters;
    bool has_community;
};

// Once every data file is finished; ends the hashes of the inputs. The reference is the caller's.
json_t *card_manifest(struct export_run *run, const struct card_facts *facts);
int card_write_readme(const struct export_run *run, const struct card_facts *facts, struct outfile *file,
    struct err *err) MUST_CHECK;
int card_write_croissant(const struct export_run *run, const struct card_facts *facts, struct outfile *file,
    struct err *err) MUST_CHECK;

#endif
