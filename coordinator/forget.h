// What is kept for a while only. The first loop takes a look soon after the start and then every hour.
#ifndef COORDINATOR_FORGET_H
#define COORDINATOR_FORGET_H

extern const struct room forget_room;

#endif
