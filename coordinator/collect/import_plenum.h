// Items as the contract has them, a JSON line each: {"id"?, "prompt", "responses": [...], "language"?, "tags"?, "gold"?,
// "warning"?, "later"?}; and the whole of the plenum judgments format (docs/plenum-format.md): a header, raters, and behind
// each item the judgments of it. An edit is not taken: the words of somebody who is not here can't be sealed for them.
#ifndef COORDINATOR_COLLECT_IMPORT_PLENUM_H
#define COORDINATOR_COLLECT_IMPORT_PLENUM_H

#include "coordinator/collect/import.h"

extern const struct import_format import_plenum;

#endif
