// Who is asking, and may they: the one place where permission is decided, on (actor, action, object). Absent and
// forbidden answer alike (404); only a missing or dead credential answers 401. Sessions and memberships are cached
// for at most one second a loop, so a revocation holds within a second.
#ifndef COORDINATOR_IDENTITY_IDENTITY_H
#define COORDINATOR_IDENTITY_IDENTITY_H

#include "base/base.h"
#include "base/id.h"

struct http_request;
struct room;

enum role {              // bits
    ROLE_OPERATOR = 1,   // of the deployment
    ROLE_RESEARCHER = 2, // project
    ROLE_REVIEWER = 4,   // project
    ROLE_ANNOTATOR = 8,  // project
    ROLE_STEWARD = 16,   // community
    ROLE_MODERATOR = 32, // community
    ROLE_MEMBER = 64,    // community
    ROLE_SERVICE = 128,  // a token that may only score and decide
};

struct actor {
    struct uuid person;
    unsigned roles;               // of the deployment and of the object's shard
    bool has_participation;       // in the object's shard
    struct uuid participant;      // the pseudonym there
    int64_t demographics_version; // of the person's answers now; 0: none
    struct uuid credential;       // session or token id, for logs of power
    bool is_token, is_bound;      // bound: a token good for one project or community alone
    int64_t bound_shard_key;
};

enum action {
    ACTION_SELF,             // anything about oneself; object NULL
    ACTION_CREATE,           // projects, communities: operator, or a researcher's token
    ACTION_OPERATE,          // workers, deployment-wide: operator
    ACTION_SEE_PROJECT,      // whoever has a role in it, annotators too: what the study is
    ACTION_VIEW_PROJECT,     // researcher, reviewer: figures, and who did what under a pseudonym
    ACTION_MANAGE_PROJECT,   // items, invitations, fits, exports: researcher
    ACTION_ANNOTATE,         // annotator of the project, not excluded
    ACTION_USE_MODEL,        // score with a model of the project: researcher or service
    ACTION_VIEW_COMMUNITY,   // anyone signed in, or anyone when the community is public
    ACTION_PROPOSE,          // member
    ACTION_VOTE,             // member with standing
    ACTION_MODERATE,         // moderator, steward
    ACTION_MANAGE_COMMUNITY, // steward
};

// Decides, then calls `then(request, actor)`; or replies 401 or 404 itself. `object` NULL for actions without one;
// its shard decides the membership looked up. The actor lives in the request's arena.
void identity_require(struct http_request *request, enum action action, const struct id *object,
    void (*then)(struct http_request *request, const struct actor *actor));
// For routes where a signed-in person is welcome but not needed: `actor` is NULL when there is none.
void identity_ask(
    struct http_request *request, void (*then)(struct http_request *request, const struct actor *actor));
// For streams that outlive the question: whoever was let in for (action, object) is asked about again, at most once a
// second. `lost` is called on the loop when it does not hold any more, never from within identity_watch_ask.
struct identity_watch;
struct identity_watch *identity_watch_new(struct http_request *request, enum action action,
    const struct id *object, void (*lost)(void *arg), void *arg);
void identity_watch_ask(struct identity_watch *watch);
void identity_watch_free(struct identity_watch *watch); // `lost` is not called after it
// Reads the id of path parameter `name`; replies 404 itself and returns false when it is not one.
bool identity_param_id(struct http_request *request, const char *name, struct id *ret_id);

// The deployment's roles (operator, researcher, service) are a participation in shard 0.
enum { DEPLOYMENT_SHARD = 0 };

extern const struct room identity_room;

#endif
