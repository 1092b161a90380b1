// The handlers of the identity room, for the one table in room.c, and what they share. Loop threads.
#ifndef COORDINATOR_IDENTITY_ROUTES_H
#define COORDINATOR_IDENTITY_ROUTES_H

#include "coordinator/api.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/secrets.h"

enum { SESSION_SECONDS = 30 * 24 * 3600 };

// accounts.c: named accounts and logging in
void accounts_create(struct http_request *request);
void session_create(struct http_request *request);
// sessions.c
void session_show(struct http_request *request);
void session_end(struct http_request *request);
void sessions_list(struct http_request *request);
void sessions_revoke(struct http_request *request);
// tokens.c
void tokens_create(struct http_request *request);
void tokens_list(struct http_request *request);
void tokens_revoke(struct http_request *request);
// members.c
void members_put_deployment(struct http_request *request);
void members_put_project(struct http_request *request);
void members_put_community(struct http_request *request);
// invitations.c
void invitations_create_project(struct http_request *request);
void invitations_create_community(struct http_request *request);
void invitations_list_project(struct http_request *request);
void invitations_list_community(struct http_request *request);
void invitations_show(struct http_request *request);
void invitations_show_query(struct http_request *request);
void join(struct http_request *request);
// me.c
void me_show(struct http_request *request);
void me_leave(struct http_request *request);
// demographics.c
void demographics_get(struct http_request *request);
void demographics_put(struct http_request *request);
void demographics_delete(struct http_request *request);
// keys
void receipt_key(struct http_request *request);

// Sets the session cookie; an empty secret takes it away.
void session_cookie(struct http_request *request, const char *secret);
// [names] of the bits.
json_t *roles_json(unsigned roles);
// Reads a list of role names into bits; only those of `allowed`. 0 and an error when it is wrong.
unsigned roles_read(
    struct fields *fields, const json_t *body, const char *name, unsigned allowed, size_t min);
// An entry of the log for a change of power: canonical JSON, in the request's arena. The person stands there as a hash
// that differs from project to project.
char *power_entry(struct http_request *request, const char *type, const struct actor *actor,
    const struct id *object, const struct uuid *subject, unsigned roles);

#endif
