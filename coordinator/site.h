// What a visitor may know of this deployment before signing in: its name, the languages of the pages, and the way into
// the demonstration study when there is one.
#ifndef COORDINATOR_SITE_H
#define COORDINATOR_SITE_H

struct room;

extern const struct room site_room;

#endif
