// The import formats of this room, for import_formats (collect/import_formats.c). docs/formats.md says what each takes.
#ifndef COORDINATOR_DATASET_FORMATS_H
#define COORDINATOR_DATASET_FORMATS_H

#include "coordinator/collect/import.h"

extern const struct import_format format_csv; // ?map={...}
extern const struct import_format format_hh;  // ?pool=, ?pairs_per_annotator=
extern const struct import_format format_trl; // ?pool=, ?pairs_per_annotator=

#endif
