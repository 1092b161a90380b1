// What the coordinator takes from around it at start: the built pages, an outside database's address.
#ifndef COORDINATOR_OUTSIDE_H
#define COORDINATOR_OUTSIDE_H

#include "base/err.h"

struct http_static;

// `folder` NULL: beside the program (a checkout's web-static/dist, an installation's share/plenum/web).
int outside_load_pages(const char *folder, struct http_static **ret_files, struct err *err) MUST_CHECK;
// The same address with the working role taken after connecting (SET ROLE plenum_app). malloc'ed.
int outside_app_conninfo(const char *url, char **ret_conninfo, struct err *err) MUST_CHECK;

#endif
