// The handlers of the collect room, for the one table in room.c. Loop threads.
#ifndef COORDINATOR_COLLECT_ROUTES_H
#define COORDINATOR_COLLECT_ROUTES_H

#include <jansson.h>

struct http_request;
struct loop;
struct db_result;

// projects.c
void projects_create(struct http_request *request);
void projects_list(struct http_request *request);
void projects_show(struct http_request *request);
void projects_change(struct http_request *request);
// Of six columns from `first` on: items, wanted, counted, participants, skipped, imported.
json_t *projects_counts(const struct db_result *result, int row, int first);
json_t *projects_progress(const struct db_result *result, int row, int first);
// guideline.c
void guideline_read(struct http_request *request);
void guidelines_list(struct http_request *request);
// presets.c
void presets_list(struct http_request *request);
// live.c
void live_watch(struct http_request *request);
struct live;
struct live *live_new(struct loop *loop);
void live_free(struct live *live); // after the last request
// import.c
void items_import(struct http_request *request);
// items.c
void items_list(struct http_request *request);
void items_show(struct http_request *request);
void item_groups_show(struct http_request *request);
// annotators.c
void annotators_list(struct http_request *request);
void annotators_change(struct http_request *request);
// assignments.c
void assignments_next(struct http_request *request);
// Answers with the lease in row 0 of collect_assignment.sql or collect_lease_show.sql. `part`: what it is part of before the work, as
// JSON, or NULL.
void assignments_reply(struct http_request *request, int status, long long shard_key,
    const struct db_result *result, const char *part);
// judgments.c
void judgments_put(struct http_request *request);
// undo.c
void judgments_undo(struct http_request *request);
// fill.c
void quotas_show(struct http_request *request);
// groups.c
void groups_show(struct http_request *request);
// ?attribute, at most GROUPS_NAME_MAX bytes; NULL: 422 has been replied.
const char *groups_asked_by(struct http_request *request);
enum { GROUPS_NAME_MAX = 200 };
// quality.c
void quality_show(struct http_request *request);

#endif
