// Loads the demonstration study: community with its constitution and an open amendment, project, items, simulated
// annotators who judge through the public API, and two fits. What came of it is written to `mark` (JSON), last, so that
// an interrupted load is begun anew.
#ifndef CTL_DEMO_H
#define CTL_DEMO_H

#include "base/err.h"

struct client;

struct demo_options {
    const char *url;
    struct client *client; // the operator's
    const char *folder;    // demo/
    const char *mark;      // DATA/demo.json
    bool with_fits;        // there is a worker
    void (*step)(void *arg, const char *what);
    void *arg;
};

int demo_load(const struct demo_options *options, struct err *err) MUST_CHECK;

#endif
