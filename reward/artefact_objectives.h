// The part of an artefact's header that tells of objectives (reward/objective.h), as JSON and back. Of artefact.c alone.
#ifndef REWARD_ARTEFACT_OBJECTIVES_H
#define REWARD_ARTEFACT_OBJECTIVES_H

#include "base/arena.h"
#include "reward/artefact.h"

#include <jansson.h>

json_t *artefact_objectives_to_json(const struct artefact *artefact);
// False when a member is missing, unknown or out of bounds. Names are copied into the arena.
bool artefact_objectives_read(const json_t *list, struct arena *arena, struct artefact *artefact);

#endif
