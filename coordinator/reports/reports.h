// The reports room: a person says of a task or an amendment that it should not be here; those who run the study or the
// community decide, for a reason that the person is told. What is upheld of a task hides its item (table item_hidden, which
// collect's statements ask).
#ifndef COORDINATOR_REPORTS_REPORTS_H
#define COORDINATOR_REPORTS_REPORTS_H

#include "coordinator/room.h"

extern const struct room reports_room;

#endif
