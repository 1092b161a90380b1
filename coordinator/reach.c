#include "coordinator/reach.h"

#include "coordinator/outside/guard.h"
#include "coordinator/room.h"

#include <curl/curl.h>

static int start(struct app *app, struct err *err)
{
    // Once, and before any thread.
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        return err_set(err, ERR_INTERNAL, "libcurl does not start");
    if (guard_new(config_text(app->config, "outside-allow"), &app->guard, err) < 0)
        return err_prefix(err, "outside-allow");
    return 0;
}

static void stop(struct app *app)
{
    guard_free(app->guard);
    app->guard = NULL;
    curl_global_cleanup();
}

const struct room reach_room = {.name = "reach", .start = start, .stop = stop};
