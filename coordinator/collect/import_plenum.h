// Items as the contract has them, a JSON line each: {"id"?, "prompt", "responses": [...], "language"?, "tags"?, "gold"?,
// "warning"?}. Lines of the plenum judgments format (docs/plenum-format.md) with type item are taken as well.
#ifndef COORDINATOR_COLLECT_IMPORT_PLENUM_H
#define COORDINATOR_COLLECT_IMPORT_PLENUM_H

#include "coordinator/collect/import.h"

extern const struct import_format import_plenum;

#endif
