// Figures of a study kept up as judgments come: counts by outcome, person, item and unit, and how many units show the same counts
// (migrations/0014_tally.sql). Whoever shows figures brings them up to now first, which costs what is new since the last time.
#ifndef COORDINATOR_COLLECT_TALLY_H
#define COORDINATOR_COLLECT_TALLY_H

#include "base/err.h"
#include "base/id.h"

#include <jansson.h>

struct app;
struct db_session;
struct http_request;
struct loop;

// What the maker of an answer has, on a thread that may wait: a session in a read-only snapshot, and the body to fill.
struct tally {
    const struct app *app;
    struct id project;
    struct db_session *session;
    json_t *body;    // an object
    json_t *to_show; // what tally_show_groups has yet to store: {what: {n, body}}
    void *arg;       // not the request: that belongs to its loop
};

typedef int tally_make(struct tally *tally, struct err *err);

// Brings the figures up to now, has `make` fill the body, answers with it (404 when it stays empty), and hands the text to `made`
// (may be NULL), on the loop; or answers 503. A crash on the way changes nothing: whoever looks next does it.
void tally_show(struct http_request *request, struct id project, tally_make *make, void *arg,
    void (*made)(struct http_request *request, struct id project, const char *text));

// In a tally_make: adds the members that `make` gives of groups of people, and `groups_as_of`. So that nobody's group can be told from how
// the figures change, those that were shown before (`what` says which; of this study) are shown until COVERAGE_LEAST people more, or
// fewer, make up others: `n_people` are in them now. `make` must hide small groups itself, and all of fewer than COVERAGE_LEAST people.
int tally_show_groups(struct tally *tally, const char *what, int64_t n_people,
    int (*make)(struct tally *tally, json_t *body, void *arg, struct err *err), void *arg,
    struct err *err) MUST_CHECK;

// After much has come at once, an import say: so that whoever looks first need not wait for all of it. Without an answer; when the
// pool is full, whoever looks first does it after all. On the loop's thread.
void tally_catch_up(const struct loop *loop, struct id project);

// A share with its interval of 95 %, or nulls: {"NAME": share, "interval": [low, high], "n": n}. New reference.
json_t *tally_share(const char *name, double n_yes, double n);

#endif
