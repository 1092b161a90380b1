// What a study's dashboard shows as it happens, by server-sent events: one look at the counters a second and loop for
// each study that somebody watches, whoever many. Belongs to its loop's thread.
#include "coordinator/collect/routes.h"

#include "base/json.h"
#include "coordinator/api.h"
#include "coordinator/collect/task.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"

#include <event2/event.h>
#include <stdlib.h>

enum { TICK_MS = 1000 };

// One study that is watched.
struct subject {
    struct subject *next;
    const struct loop *loop;
    struct id project;
    struct http_topic *topic;
    bool asking;
};

struct live {
    struct loop *loop;
    struct event *tick;
    struct subject *first;
};

struct watcher {
    struct id project;
    struct subject *subject;
    struct http_request *request;
    struct identity_watch *identity;
};

static void say(struct subject *subject, const struct db_result *result)
{
    json_t *body = json_pack("{s:s, s:o, s:o, s:s, s:s}", "state", db_text(result, 0, 0), "counts",
        projects_counts(result, 0, 1), "progress", projects_progress(result, 0, 1), "fits",
        db_text(result, 0, 7), "exports", db_text(result, 0, 8));
    char *text = json_text(body, JSON_COMPACT);
    http_topic_say(subject->topic, "study", text);
    free(text);
    json_decref(body);
}

static void on_look(void *arg, const struct db_result *result)
{
    struct subject *subject = arg;
    subject->asking = false;
    if (result->status == DB_OK && result->n_rows == 1) // else the next tick asks again
        say(subject, result);
}

static void ask(const struct loop *loop, struct id project, db_callback *callback, void *arg)
{
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, project.shard_key);
    db_add_uuid(&params, project.uuid);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_LIVE, &params, callback, arg);
}

static void look(struct subject *subject)
{
    if (subject->asking)
        return;
    subject->asking = true;
    ask(subject->loop, subject->project, on_look, subject);
}

static void ask_again(void *arg UNUSED, void *listener_arg)
{
    const struct watcher *watcher = listener_arg;
    identity_watch_ask(watcher->identity);
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct live *live = arg;
    for (struct subject **link = &live->first; *link != NULL;) {
        struct subject *subject = *link;
        if (http_topic_is_empty(subject->topic) && !subject->asking) {
            *link = subject->next;
            http_topic_free(subject->topic);
            free(subject);
            continue;
        }
        http_topic_each(subject->topic, ask_again, NULL);
        look(subject);
        link = &subject->next;
    }
    if (live->first != NULL)
        event_add(live->tick, &(struct timeval){.tv_sec = TICK_MS / 1000});
}

struct live *live_new(struct loop *loop)
{
    struct live *live = calloc(1, sizeof(*live));
    if (live == NULL || (live->tick = event_new(loop->base, -1, 0, on_tick, live)) == NULL)
        abort();
    live->loop = loop;
    return live;
}

void live_free(struct live *live)
{
    event_free(live->tick);
    for (struct subject *subject = live->first, *next; subject != NULL; subject = next) {
        next = subject->next;
        http_topic_free(subject->topic);
        free(subject);
    }
    free(live);
}

static struct subject *subject_of(struct live *live, struct id project)
{
    struct subject *subject = live->first;
    while (subject != NULL && !(subject->project.shard_key == project.shard_key &&
                                  uuid_equal(subject->project.uuid, project.uuid)))
        subject = subject->next;
    if (subject != NULL)
        return subject;
    subject = calloc(1, sizeof(*subject));
    if (subject == NULL)
        abort();
    *subject = (struct subject){
        .next = live->first, .loop = live->loop, .project = project, .topic = http_topic_new()};
    if (live->first == NULL)
        event_add(live->tick, &(struct timeval){.tv_sec = TICK_MS / 1000});
    live->first = subject;
    return subject;
}

static void on_lost(void *arg)
{
    const struct watcher *watcher = arg;
    http_topic_end(watcher->subject->topic, watcher->request);
}

static void release(void *arg)
{
    const struct watcher *watcher = arg;
    identity_watch_free(watcher->identity);
}

static void on_first(void *arg, const struct db_result *result)
{
    struct watcher *watcher = arg;
    struct http_request *request = watcher->request;
    const struct loop *loop = http_context(request);
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    watcher->subject = subject_of(loop->collect->live, watcher->project);
    watcher->identity = identity_watch_new(request, ACTION_VIEW_PROJECT, &watcher->project, on_lost, watcher);
    arena_on_free(http_arena(request), release, watcher);
    say(watcher->subject, result);
    http_topic_join(watcher->subject->topic, request, watcher);
}

static void watch_as(struct http_request *request, const struct actor *actor UNUSED)
{
    struct watcher *watcher = arena_calloc(http_arena(request), 1, sizeof(*watcher));
    watcher->request = request;
    if (identity_param_id(request, "p", &watcher->project))
        ask(http_context(request), watcher->project, on_first, watcher);
}

void live_watch(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_VIEW_PROJECT, &project, watch_as);
}
