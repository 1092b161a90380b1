// A row of dataset_items.sql as an item of the export.
#ifndef COORDINATOR_DATASET_ITEM_H
#define COORDINATOR_DATASET_ITEM_H

#include "coordinator/dataset/view.h"

struct db_result;

// Reads the row, adds it to the run's counts and hashes. Rows that contradict the raters are ERR_INTERNAL.
int item_read(struct export_run *run, const struct db_result *row, struct export_item *ret_item,
    struct err *err) MUST_CHECK;
void item_release(struct export_item *item);

#endif
