// A row of dataset_items.sql as an item of the export.
#ifndef COORDINATOR_DATASET_ITEM_H
#define COORDINATOR_DATASET_ITEM_H

#include "coordinator/dataset/view.h"

struct db_result;

// `words` ({"prompt", "responses"}, or NULL) is what stands in the place of an item's own that were sealed. Reads the row, adds it to the run's counts and hashes. Rows that contradict the raters are ERR_INTERNAL.
int item_read(struct export_run *run, const struct db_result *row, const json_t *words,
    struct export_item *ret_item, struct err *err) MUST_CHECK;
void item_release(struct export_item *item);

// A judgment alone; what it says is borrowed from `json`. False when nobody in the release made it.
bool item_judgment(
    const struct export_run *run, const json_t *json, struct export_judgment *ret_judgment) MUST_CHECK;

#endif
