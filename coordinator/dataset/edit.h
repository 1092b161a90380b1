// What somebody made of a response, because the task asked them to make it better. Words of theirs, sealed beside the
// judgment. What it is better than, judgment_pairs says (view.h). Any thread; blocks on the file of a key.
#ifndef COORDINATOR_DATASET_EDIT_H
#define COORDINATOR_DATASET_EDIT_H

#include "base/base.h"
#include "coordinator/identity/keys.h"

struct edit {
    int response;  // of its item, by number
    char *content; // the caller frees it
};

// By what the task says of edits (NULL: nothing): only where people were asked for them do they know what becomes of them.
bool edit_goes_out(const char *asked);
// From judgment.note_sealed. False when there is no edit in it, or the person's key is gone: what was erased stays so.
bool edit_open(const struct keys *keys, struct uuid person, const void *sealed, size_t size,
    struct edit *ret_edit) MUST_CHECK;

#endif
