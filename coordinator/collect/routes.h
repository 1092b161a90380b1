// The handlers of the collect room, for the one table in room.c. Loop threads.
#ifndef COORDINATOR_COLLECT_ROUTES_H
#define COORDINATOR_COLLECT_ROUTES_H

struct http_request;
struct loop;
struct db_result;

// projects.c
void projects_create(struct http_request *request);
void projects_list(struct http_request *request);
void projects_show(struct http_request *request);
void projects_change(struct http_request *request);
// import.c
void items_import(struct http_request *request);
// assignments.c
void assignments_next(struct http_request *request);
// Answers with the lease in row 0 of collect_assignment.sql or collect_lease_show.sql.
void assignments_reply(
    struct http_request *request, int status, long long shard_key, const struct db_result *result);
// judgments.c
void judgments_put(struct http_request *request);
// undo.c
void judgments_undo(struct http_request *request);
// quality.c
void quality_show(struct http_request *request);

#endif
