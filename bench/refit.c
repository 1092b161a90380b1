// A refit after 1 % new judgments beside a full fit of the same data: 1,000,000 judgments of 100,000 pairs of 384 float32 by
// 10,000 annotators of two tastes, eight to two, two threads. `refit METHOD...`; a line is a JSON object as in bench/reward.c.
// REFIT_PHASES=1 tells on stderr when each phase began; REFIT_JUDGMENTS shortens it; with REFIT_MEMORY_MB what the fits make of the data lies
// in files beyond so much.
#include "base/clock.h"
#include "base/rng.h"
#include "base/spill.h"
#include "reward/artefact.h"
#include "worker/fit/testing.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANNOTATORS = 10000, EACH = 100, ITEMS_EACH = 10, DIMENSIONS = 384, ROUNDS = 2 };

static int64_t started_us;
static char last_phase[64];

static bool on_progress(void *arg, const struct fit_progress *now)
{
    (void)arg;
    if (getenv("REFIT_PHASES") != NULL && strcmp(now->phase, last_phase) != 0)
        fprintf(stderr, "  %8.3f s %s (%.2f)\n", (double)(clock_monotonic_us() - started_us) / 1e6,
            now->phase, now->fraction);
    snprintf(last_phase, sizeof(last_phase), "%s", now->phase);
    return true;
}

static double fit(
    const struct fit_data *data, const struct fit_options *options, struct fit_result *ret_result)
{
    struct err err;
    last_phase[0] = '\0';
    started_us = clock_monotonic_us();
    if (fit_run(data, options, ret_result, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        exit(EXIT_FAILURE);
    }
    return (double)(clock_monotonic_us() - started_us) / 1e6;
}

// Every hundredth judgment is recent; the older data are without them.
static uint8_t *take_older(struct fit_data *data, struct fit_data *ret_older)
{
    static const uint8_t none[1];
    uint32_t n = 0, *annotator = malloc(data->n_judgments * sizeof(uint32_t)),
             *left = malloc(data->n_judgments * sizeof(uint32_t)),
             *right = malloc(data->n_judgments * sizeof(uint32_t));
    uint8_t *outcome = malloc(data->n_judgments), *recent = malloc(data->n_judgments);
    if (annotator == NULL || left == NULL || right == NULL || outcome == NULL || recent == NULL)
        abort();
    for (uint32_t i = 0; i < data->n_judgments; i++) {
        recent[i] = i % 100 == 99;
        if (recent[i])
            continue;
        annotator[n] = data->judgment_annotator[i];
        left[n] = data->judgment_left[i];
        right[n] = data->judgment_right[i];
        outcome[n++] = data->judgment_outcome[i];
    }
    *ret_older = *data;
    ret_older->n_judgments = n;
    ret_older->judgment_annotator = annotator;
    ret_older->judgment_left = left;
    ret_older->judgment_right = right;
    ret_older->judgment_outcome = outcome;
    data->judgment_is_recent = recent;
    data->rating_is_recent = none;
    return recent;
}

// Both on the same test judgments: what was saved must not have cost anything.
static void tell(const char *method, const struct fit_result *full, const struct fit_result *refit)
{
    json_t *cards[] = {json_loads(full->card, 0, NULL), json_loads(refit->card, 0, NULL)};
    for (int i = 0; i < 2; i++) {
        const json_t *all = json_object_get(cards[i], "all");
        fprintf(stderr, "%s %s: log-loss %.6f, accuracy %.4f, k %lld\n", method,
            json_string_value(json_object_get(json_object_get(cards[i], "start"), "kind")),
            json_number_value(json_object_get(all, "log_loss")),
            json_number_value(json_object_get(all, "accuracy")),
            json_integer_value(json_object_get(cards[i], "k")));
        json_decref(cards[i]);
    }
}

int main(int argc, char **argv)
{
    const char *judgments = getenv("REFIT_JUDGMENTS");
    uint32_t n_annotators = judgments != NULL ? (uint32_t)strtoul(judgments, NULL, 10) / EACH : ANNOTATORS;
    struct planted planted;
    struct fit_data older;
    struct planted_options plan = {.n_annotators = n_annotators,
        .n_items = n_annotators * (EACH / ITEMS_EACH),
        .judgments_each = EACH,
        .n_dimensions = DIMENSIONS,
        .n_tastes = 2,
        .minority = n_annotators / 5,
        .sharpness = 1.5,
        .seed = 1};
    planted_make(&planted, &plan);
    planted.data.normalise_embeddings = true;
    const char *memory = getenv("REFIT_MEMORY_MB");
    struct spill *spill =
        memory != NULL ? spill_new(".", strtoull(memory, NULL, 10) << 20, UINT64_MAX) : NULL;
    uint8_t *recent = take_older(&planted.data, &older);
    for (int m = 1; m < argc; m++) {
        struct fit_options options = {
            .seed = 1, .threads = 2, .progress = on_progress, .attribute = "taste", .spill = spill};
        if (!fit_method_parse(argv[m], &options.method))
            return EXIT_FAILURE;
        struct fit_result before, full, refit;
        struct err err;
        (void)fit(&older, &options, &before);
        struct artefact *predecessor =
            artefact_open_bytes(before.artefact.data, before.artefact.length, &err);
        if (predecessor == NULL)
            abort();
        double full_s = INFINITY, refit_s = INFINITY;
        for (int round = 0; round < ROUNDS; round++) {
            options.predecessor = NULL;
            full_s = fmin(full_s, fit(&planted.data, &options, &full));
            options.predecessor = predecessor;
            refit_s = fmin(refit_s, fit(&planted.data, &options, &refit));
            if (round == 0)
                tell(argv[m], &full, &refit);
            fit_result_release(&full);
            fit_result_release(&refit);
        }
        printf("{\"name\":\"full_fit_%s\",\"value\":%.4g,\"unit\":\"s\"}\n", argv[m], full_s);
        printf("{\"name\":\"refit_%s\",\"value\":%.4g,\"unit\":\"s\"}\n", argv[m], refit_s);
        fflush(stdout);
        artefact_close(predecessor);
        fit_result_release(&before);
    }
    spill_free(spill);
    free(recent);
    free((void *)(uintptr_t)older.judgment_annotator);
    free((void *)(uintptr_t)older.judgment_left);
    free((void *)(uintptr_t)older.judgment_right);
    free((void *)(uintptr_t)older.judgment_outcome);
    planted_free(&planted);
    return EXIT_SUCCESS;
}
