#include "coordinator/site.h"

#include "base/file.h"
#include "coordinator/http/http.h"
#include "coordinator/limits.h"
#include "coordinator/room.h"

#include <limits.h>
#include <stdio.h>

enum { DEMO_MAX_BYTES = 4096 };

// Left by `plenum run` when it has loaded the demonstration study: {project_id, community_id, invitation_code}. Read at
// each request: it appears while we run, and is a few hundred bytes.
static json_t *read_demo(const struct app *app)
{
    char path[PATH_MAX];
    struct buf text;
    struct err err;
    json_t *mark = NULL;
    snprintf(path, sizeof(path), "%s/demo.json", app->data_folder);
    buf_init(&text, DEMO_MAX_BYTES);
    if (file_read(path, &text, &err) == 0)
        mark = json_loadb(text.data, text.length, JSON_REJECT_DUPLICATES, NULL);
    buf_release(&text);
    return mark;
}

static json_t *demo_json(const struct app *app)
{
    json_t *mark = read_demo(app);
    const char *project = json_string_value(json_object_get(mark, "project_id"));
    const char *community = json_string_value(json_object_get(mark, "community_id"));
    const char *code = json_string_value(json_object_get(mark, "invitation_code"));
    json_t *demo = json_null();
    if (project != NULL && community != NULL && code != NULL)
        demo = json_pack("{s:s, s:s, s:o, s:b}", "project_id", project, "community_id", community,
            "invitation_url", json_sprintf("%s/join?code=%s", app->public_url, code), "simulated", 1);
    json_decref(mark);
    return demo;
}

static void site(struct http_request *request)
{
    const struct loop *loop = http_context(request);
    // The languages are those of web-static/src/locales.
    http_reply_json(request, 200,
        json_pack(
            "{s:s, s:o, s:[s,s]}", "name", "Plenum", "demo", demo_json(loop->app), "languages", "en", "ar"));
}

static const struct http_route site_routes[] = {
    {.method = HTTP_GET,
        .pattern = "/api/v1/site",
        .handle = site,
        .class = HTTP_CLASS_READ,
        .limit = LIMIT_OPEN},
    {0},
};

const struct room site_room = {.name = "site", .routes = site_routes};
