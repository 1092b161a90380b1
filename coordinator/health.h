// /livez, /readyz and /metrics.
#ifndef COORDINATOR_HEALTH_H
#define COORDINATOR_HEALTH_H

#include "coordinator/room.h"

extern const struct room health_room;

#endif
