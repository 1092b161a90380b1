// The handlers of the identity room, for the one table in room.c, and what they share. Loop threads.
#ifndef COORDINATOR_IDENTITY_ROUTES_H
#define COORDINATOR_IDENTITY_ROUTES_H

#include "coordinator/api.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/secrets.h"

struct db_params;
struct keys;
struct err;
struct loop;

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
// panel_join.c
struct panel_coming {
    struct http_request *request;
    struct id project;
    unsigned char invitation_hash[HASH_BYTES], consent_hash[HASH_BYTES];
    const char *consent_version, *conditions; // as agreed to; each NULL when the study has none
    bool simulated;
    const char *external_id; // of the body
    json_t *external;        // all that is kept of it; the reference is taken
};
void panel_join(struct panel_coming *coming);
// panels.c
void panel_show(struct http_request *request);
void panel_put(struct http_request *request);
void panel_remove(struct http_request *request);
void panel_secret_make(struct http_request *request);
// submissions.c
void submissions_list(struct http_request *request);
void submissions_end(struct http_request *request);
void submissions_export(struct http_request *request);
void submission_mine(struct http_request *request);
void submission_return(struct http_request *request);
// The code by which an id of a panel is known again in a study.
void submissions_code(
    const struct keys *keys, int64_t shard_key, const char *external_id, unsigned char *code);
int submissions_start(struct loop *loop, struct err *err); // loop 0
void submissions_stop(struct loop *loop);
// me.c
void me_show(struct http_request *request);
void me_leave(struct http_request *request);
// data.c
void me_data(struct http_request *request);
// demographics.c
void demographics_list(struct http_request *request);
void demographics_get(struct http_request *request);
void demographics_put(struct http_request *request);
// erase.c
void demographics_delete(struct http_request *request);
void me_erase(struct http_request *request);
void persons_erase(struct http_request *request);
// keys
void receipt_key(struct http_request *request);

// Sets the session cookie; an empty secret takes it away.
void session_cookie(struct http_request *request, const char *secret);
// [names] of the bits.
json_t *roles_json(unsigned roles);
// Reads a list of role names into bits; only those of `allowed`. 0 and an error when it is wrong.
unsigned roles_read(
    struct fields *fields, const json_t *body, const char *name, unsigned allowed, size_t min);
// keyed.c: answers that hold a secret, kept sealed for the same Idempotency-Key again.
struct keyed {
    bool has_key;
    struct uuid key;
    unsigned char hash[HASH_BYTES]; // of the request
    const char *answer;             // JSON text, in the request's arena
};
// Reads the key, which may be absent; false when it has answered that it is malformed.
bool keyed_read(struct http_request *request, const json_t *body, struct keyed *ret_keyed) MUST_CHECK;
// Takes the reference of the answer, and adds to the statement's parameters: key, hash and sealed answer.
void keyed_add(struct http_request *request, struct keyed *keyed, json_t *answer, struct db_params *params);
// Answers 201 by what api_key_state says of the row, whose third column is the stored answer.
void keyed_reply(struct http_request *request, const struct keyed *keyed, const struct db_result *result);
// The stored answer, opened; NULL when it has answered that it can't be.
const char *keyed_open(
    struct http_request *request, const struct keyed *keyed, const char *stored) MUST_CHECK;

// An entry of the log for a change of power: canonical JSON, in the request's arena. The person stands there as a hash
// that differs from project to project.
char *power_entry(struct http_request *request, const char *type, const struct actor *actor,
    const struct id *object, const struct uuid *subject, unsigned roles);

#endif
