#include "ctl/client.h"
#include "ctl/command.h"

#include <stdio.h>

static const struct config_setting settings[] = {
    {"yes", NULL, "off", "do it: it can't be undone"},
    CLIENT_SETTINGS,
    {0},
};

static const char about[] =
    "erase ID --yes\n\n"
    "Erases a person, by their id or by that of a participant of a study or community: sessions, tokens and name go, the\n"
    "keys of their answers and words are destroyed, so that no backup opens them. Judgments and votes stay under the\n"
    "pseudonym. The audit log says that it was done.";

int command_erase(int argc, char **argv)
{
    int n_words = 0, status = 0;
    struct err err = {0};
    struct config *config = command_parse(argc, argv, about, settings, &n_words);
    struct client *client = NULL;
    char path[256];
    if (n_words != 1 || !config_switch(config, "yes")) {
        fprintf(stderr, "plenum erase: needs one id, and --yes because it can't be undone; see --help\n");
        config_free(config);
        return 2;
    }
    snprintf(path, sizeof(path), "/api/v1/persons/%.100s", argv[1]);
    json_t *request = json_pack("{s:s}", "confirm", "erase");
    if (client_from_config(config, &client, &err) < 0 ||
        client_call(client, "DELETE", path, request, NULL, NULL, NULL, &err) < 0)
        status = command_fail("erase", &err);
    json_decref(request);
    client_free(client);
    config_free(config);
    return status;
}
