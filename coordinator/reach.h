// Where calls of the coordinator's own may go (outside-allow), for every room that makes some; and libcurl, started once.
#ifndef COORDINATOR_REACH_H
#define COORDINATOR_REACH_H

extern const struct room reach_room;

#endif
