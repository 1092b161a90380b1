#include "coordinator/collect/routes.h"

#include "coordinator/collect/rules.h"
#include "coordinator/http/http.h"

// The task as a study that asks for the preset would get it: in full.
static json_t *preset_json(const struct task_preset *preset)
{
    json_t *file = json_loads(preset->text, JSON_REJECT_DUPLICATES, NULL);
    json_t *given = json_pack("{s:s}", "preset", preset->name);
    struct fields fields;
    fields_init(&fields);
    json_object_set_new(file, "task", rules_read(&fields, given, "/task", true));
    assert(fields_ok(&fields)); // rules_test.c
    fields_release(&fields);
    json_decref(given);
    json_object_set_new(file, "name", json_string(preset->name));
    return file;
}

void presets_list(struct http_request *request)
{
    json_t *list = json_array();
    for (const struct task_preset *one = task_presets; one->name != NULL; one++)
        json_array_append_new(list, preset_json(one));
    http_reply_header(request, "Cache-Control", "public, max-age=3600");
    http_reply_json(request, 200, json_pack("{s:o, s:n}", "data", list, "next_cursor"));
}
