#include "coordinator/dataset/edit.h"

#include <stdlib.h>
#include <string.h>

bool edit_goes_out(const char *asked)
{
    return asked != NULL && strcmp(asked, "off") != 0;
}

bool edit_open(
    const struct keys *keys, struct uuid person, const void *sealed, size_t size, struct edit *ret_edit)
{
    json_t *words = keys != NULL ? identity_open_words(keys, person, sealed, size) : NULL;
    const json_t *edit = json_object_get(words, "edit"), *response = json_object_get(edit, "response");
    const char *content = json_string_value(json_object_get(edit, "content"));
    bool is_edit = content != NULL && json_is_integer(response);
    if (is_edit) {
        *ret_edit = (struct edit){(int)json_integer_value(response), strdup(content)};
        if (ret_edit->content == NULL)
            abort();
    }
    json_decref(words);
    return is_edit;
}
