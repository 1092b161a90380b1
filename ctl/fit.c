// plenum fit: a reward model from judgments. With --project a worker of the server fits it (ctl/fit_server.h); with
// --file there is no server: artefact and card are written beside each other, and the evaluation is printed.
#include "ctl/client.h"
#include "ctl/command.h"
#include "ctl/fit_server.h"
#include "ctl/judgments.h"
#include "reward/artefact.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct config_setting settings[] = {
    {"project", NULL, NULL, "fit on the server: the project's id"},
    {"file", NULL, NULL, "judgments in the plenum format (.jsonl, .jsonl.zst, or a folder of an export)"},
    {"method", NULL, "pooled", "pooled, group (shared + offsets), dro, maxmin, jury, compliance"},
    {"attribute", NULL, NULL, "declared attribute to fit and report by (group and dro need it)"},
    {"dimension", NULL, NULL,
        "which ratings are the preference, where there are several; each has a head of its own beside it"},
    {"from", NULL, NULL,
        "begin from a model: the file of its artefact; on the server its id, or \"latest\" of this method and attribute"},
    {"out", NULL, NULL, "write OUT.artefact and OUT.card.json (default: METHOD in the working directory)"},
    {"seed", NULL, "1", "seed of everything random in the fit"},
    {"split", NULL, "0", "which split by prompt, for studies over several; 0 is the usual one"},
    {"clusters", NULL, "0", "maxmin: number of groups to find; 0 chooses by held-out annotators"},
    {"lambda", NULL, NULL, "strength of the regulariser; chosen by validation when not said"},
    {"hard", NULL, "off", "maxmin: hard assignment, as published"},
    {"style", NULL, "on", "text: length, lists, code, refusals and hedges as features beside the n-grams"},
    {"quiet", NULL, "off", "no progress on stderr"},
    CLIENT_SETTINGS,
    {0},
};

static bool show_progress(void *arg, const struct fit_progress *now)
{
    fit_show(arg, now);
    return true;
}

static int read_options(const struct config *config, struct fit_options *options, struct err *err)
{
    int64_t seed, clusters, split;
    const char *method = config_text(config, "method");
    if (config_number(config, "seed", 0, INT64_MAX, &seed, err) < 0 ||
        config_number(config, "clusters", 0, FIT_CLUSTERS_MAX, &clusters, err) < 0 ||
        config_number(config, "split", 0, 1000000, &split, err) < 0)
        return ERR_INVALID;
    *options = (struct fit_options){.attribute = config_text(config, "attribute"),
        .seed = (uint64_t)seed,
        .clusters = (uint32_t)clusters,
        .split = (uint64_t)split,
        .hard = config_switch(config, "hard"),
        .style_off = !config_switch(config, "style")};
    const char *lambda = config_text(config, "lambda");
    if (lambda != NULL) {
        char *end;
        options->lambda = strtod(lambda, &end);
        if (*lambda == '\0' || *end != '\0')
            return err_set(err, ERR_INVALID, "lambda \"%s\" is no number", lambda);
    }
    if (!fit_method_parse(method, &options->method))
        return err_set(err, ERR_INVALID, "method \"%s\" is not known", method);
    return 0;
}

// Whole or not at all: a new file takes the old one's place.
static int write_file(const char *out, const char *suffix, const void *data, size_t size, struct err *err)
{
    char path[4096], temporary[4096];
    if (snprintf(path, sizeof(path), "%s%s", out, suffix) >= (int)sizeof(path) ||
        snprintf(temporary, sizeof(temporary), "%s%s.new", out, suffix) >= (int)sizeof(temporary))
        return err_set(err, ERR_LIMIT, "the path %s is too long", out);
    FILE *file = fopen(temporary, "wbe");
    if (file == NULL)
        return err_set_errno(err, "%s", temporary);
    bool written = fwrite(data, 1, size, file) == size;
    if (fclose(file) != 0 || !written || rename(temporary, path) != 0) {
        int failed = err_set_errno(err, "%s", path);
        unlink(temporary);
        return failed;
    }
    return 0;
}

static int write_result(const char *out, const struct fit_result *result, struct err *err)
{
    json_t *card = json_loads(result->card, 0, NULL);
    assert(card != NULL);
    char *text = json_dumps(card, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(6));
    assert(text != NULL);
    int failed = write_file(out, ".artefact", result->artefact.data, result->artefact.length, err);
    if (failed == 0)
        failed = write_file(out, ".card.json", text, strlen(text), err);
    if (failed == 0)
        printf("%s\n", text);
    free(text);
    json_decref(card);
    return failed;
}

static int fit_file(const struct config *config, const char *path, struct err *err)
{
    struct fit_shown shown = {.phase = ""};
    struct fit_options options;
    struct fit_result result = {0};
    int failed = read_options(config, &options, err);
    if (failed)
        return failed;
    if (!config_switch(config, "quiet")) {
        options.progress = show_progress;
        options.progress_arg = &shown;
    }
    const char *dimension = config_text(config, "dimension");
    if (dimension == NULL && options.method == FIT_COMPLIANCE)
        dimension = ""; // there is no preference to fit
    struct judgments *judgments = judgments_read(path, dimension, options.method != FIT_COMPLIANCE, err);
    if (judgments == NULL)
        return err->code;
    struct artefact *before = NULL;
    if (config_text(config, "from") != NULL) {
        before = artefact_open(config_text(config, "from"), err);
        failed = before != NULL ? 0 : err->code;
    }
    options.predecessor = before;
    if (failed == 0)
        failed = fit_run(judgments_data(judgments), &options, &result, err);
    artefact_close(before);
    if (failed == 0) {
        const char *out = config_text(config, "out");
        failed = write_result(out != NULL ? out : config_text(config, "method"), &result, err);
        fit_result_release(&result);
    }
    judgments_free(judgments);
    return failed;
}

int command_fit(int argc, char **argv)
{
    int n_words = 0;
    struct err err = {0};
    struct config *config = command_parse(argc, argv,
        "fit --project P --method METHOD [--attribute A] | fit --file FILE --method METHOD [--attribute A]",
        settings, &n_words);
    const char *file = config_text(config, "file"), *project = config_text(config, "project");
    int failed;
    if (n_words > 0 || (file == NULL) == (project == NULL))
        failed = err_set(&err, ERR_INVALID, "say --project ID or --file FILE (and nothing that is no flag)");
    else
        failed = file != NULL ? fit_file(config, file, &err) : fit_on_server(config, &err);
    int status = failed ? command_fail("fit", &err) : 0;
    config_free(config);
    return status;
}
