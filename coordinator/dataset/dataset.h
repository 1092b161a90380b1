// Datasets out: exports of a project, made in the background and fetched as files. (Datasets in are formats of
// collect's import: formats.h.)
#ifndef COORDINATOR_DATASET_DATASET_H
#define COORDINATOR_DATASET_DATASET_H

#include "coordinator/room.h"

extern const struct room dataset_room;

#endif
