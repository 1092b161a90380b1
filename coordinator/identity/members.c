#include "coordinator/identity/routes.h"

#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/cache.h"
#include "coordinator/identity/permission.h"
#include "coordinator/loop.h"

#include <string.h>

struct change {
    struct http_request *request;
    struct id object; // shard 0: the deployment
    struct uuid person;
    unsigned allowed, roles;
};

static void on_changed(void *arg, const struct db_result *result)
{
    const struct change *change = arg;
    const struct loop *loop = http_context(change->request);
    if (api_db_failed(change->request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(change->request, 404, "There is no such person.");
        return;
    }
    identity_cache_forget(loop->identity, change->person);
    json_t *body = json_object();
    json_object_set_new(body, "person_id", json_id((struct id){.uuid = change->person}));
    json_object_set_new(body, "participant_id", json_db_id(result, 0, 0, change->object.shard_key));
    json_object_set_new(body, "roles", roles_json(change->roles));
    json_object_set_new(body, "state", json_string(db_text(result, 0, 1)));
    http_reply_json(change->request, 200, body);
}

static void put_as(struct http_request *request, const struct actor *actor, struct change *change)
{
    const struct loop *loop = http_context(request);
    struct id person;
    json_t *body = http_body_json(request);
    if (body == NULL || !identity_param_id(request, "person", &person))
        return;
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("roles"));
    change->request = request;
    change->person = person.uuid;
    change->roles = roles_read(&fields, body, "roles", change->allowed, 0);
    // Who takes the operator's role from oneself may leave nobody who can give it back.
    if (change->object.shard_key == DEPLOYMENT_SHARD && uuid_equal(person.uuid, actor->person))
        fields_fail(&fields, "/roles", "One's own roles of the deployment are changed by another operator.");
    if (!fields_finish(&fields, request))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, change->object.shard_key);
    db_add_uuid(&params, person.uuid);
    db_add_uuid(&params, uuid_new());
    db_add_number(&params, change->roles);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, power_entry(request, "roles", actor,
                             change->object.shard_key != DEPLOYMENT_SHARD ? &change->object : NULL,
                             &person.uuid, change->roles));
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_IDENTITY_MEMBER_PUT, &params, on_changed, change);
}

static struct change *change_new(struct http_request *request, unsigned allowed)
{
    struct change *change = arena_calloc(http_arena(request), 1, sizeof(*change));
    change->allowed = allowed;
    return change;
}

static void put_deployment_as(struct http_request *request, const struct actor *actor)
{
    put_as(request, actor, change_new(request, ROLES_OF_DEPLOYMENT));
}

static void put_project_as(struct http_request *request, const struct actor *actor)
{
    struct change *change = change_new(request, ROLES_OF_PROJECT);
    if (identity_param_id(request, "p", &change->object))
        put_as(request, actor, change);
}

static void put_community_as(struct http_request *request, const struct actor *actor)
{
    struct change *change = change_new(request, ROLES_OF_COMMUNITY);
    if (identity_param_id(request, "c", &change->object))
        put_as(request, actor, change);
}

void members_put_deployment(struct http_request *request)
{
    identity_require(request, ACTION_OPERATE, NULL, put_deployment_as);
}

void members_put_project(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_MANAGE_PROJECT, &project, put_project_as);
}

void members_put_community(struct http_request *request)
{
    struct id community;
    if (identity_param_id(request, "c", &community))
        identity_require(request, ACTION_MANAGE_COMMUNITY, &community, put_community_as);
}
