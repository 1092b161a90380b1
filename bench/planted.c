// Planted truth: groups of annotators with known tastes, judged by the search of maxmin (worker/fit/search.h). What it
// finds of 1, 2 and 5 groups, of 1:1 to 20:1, by people of 5 to 200 judgments; and how often it finds groups where there
// is one taste. `planted [SEEDS] [NULL_SEEDS] [WORD]`: so many seeds a cell (8), and so many where there is one taste (40: 200
// of each setting); with a WORD the settings that begin so alone. A line is a JSON object.
//
// A right K is the planted one. `ari` is the adjusted Rand index of the groups found and planted, `oracle` that of who
// knows the tastes and assigns each by their judgments: what nobody can beat on the average. Standard errors are over seeds.
#include "worker/fit/testing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 20, ITEMS = 500, DIMENSIONS = 16, WORDS = 24, K_MAX = FIT_CLUSTERS_MAX };

struct tally {
    uint32_t n, found[K_MAX + 1];
    double ari, squares, oracle;
};

static void try_once(const struct planted_options *options, struct tally *tally)
{
    struct planted planted;
    planted_make(&planted, options);
    uint32_t n = planted.data.n_annotators;
    uint32_t *group = calloc(n, sizeof(*group)), *known = calloc(n, sizeof(*known));
    if (group == NULL || known == NULL)
        abort();
    uint32_t k =
        planted_search(&planted, &(struct fit_options){.method = FIT_MAXMIN, .seed = options->seed}, group);
    for (uint32_t a = 0; a < n; a++) // of whose judgments none was in the training split: a guess
        group[a] = group[a] == FIT_NO_GROUP ? 0 : group[a];
    planted_oracle(&planted, options, known);
    double ari = planted_rand_index(group, planted.annotator_taste, n);
    tally->n++;
    tally->found[k]++;
    tally->ari += ari;
    tally->squares += ari * ari;
    tally->oracle += planted_rand_index(known, planted.annotator_taste, n);
    free(group);
    free(known);
    planted_free(&planted);
}

static void run(const char *setting, struct planted_options options, uint32_t seeds, const char *word)
{
    struct tally tally = {0};
    if (word != NULL && strncmp(setting, word, strlen(word)) != 0)
        return;
    for (uint32_t seed = 0; seed < seeds; seed++) {
        options.seed = 1000 + seed;
        try_once(&options, &tally);
    }
    double n = tally.n, mean = tally.ari / n,
           error = sqrt(fmax(tally.squares / n - mean * mean, 0) / (n > 1 ? n - 1 : 1));
    printf(
        "{\"name\":\"planted\",\"setting\":\"%s\",\"tastes\":%u,\"ratio\":%u,\"annotators\":%u,\"judgments_each\":%u,\"seeds\":%u,"
        "\"right_k\":%.3f,\"found\":[",
        setting, options.n_tastes, options.majority, options.n_annotators, options.judgments_each, seeds,
        tally.found[options.n_tastes] / n);
    for (uint32_t k = 1; k <= K_MAX; k++)
        printf("%s%u", k > 1 ? "," : "", tally.found[k]);
    if (options.n_tastes > 1)
        printf("],\"ari\":%.3f,\"ari_se\":%.3f,\"oracle\":%.3f}\n", mean, error, tally.oracle / n);
    else
        printf("],\"false_discoveries\":%.3f}\n", 1 - tally.found[1] / n);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    uint32_t seeds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 8,
             nulls = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 40;
    const char *word = argc > 3 ? argv[3] : NULL;
    static const uint32_t ratios[] = {1, 3, 10, 20}, each[] = {5, 10, 20, 50, 200};
    struct planted_options dense = {
        .n_items = ITEMS, .n_dimensions = DIMENSIONS, .n_tastes = 1, .majority = 1, .sharpness = 1};
    struct planted_options text = dense;
    text.words = WORDS;
    text.n_dimensions = 60;
    for (size_t i = 0; i < ARRAY_SIZE(each); i++) {
        struct planted_options one = dense, written = text;
        one.n_annotators = written.n_annotators = each[i] >= 200 ? 60 : 120;
        one.judgments_each = written.judgments_each = each[i];
        run("one-dense", one, nulls, word);
        run("one-text", written, nulls, word);
        one.sharpness_spread = 0.7;
        run("one-sharpness-varies", one, nulls, word);
        one.sharpness_spread = 0;
        one.taste_spread = 0.5;
        run("one-taste-varies", one, nulls, word);
    }
    for (uint32_t k = 2; k <= 5; k += 3) {
        for (size_t r = 0; r < ARRAY_SIZE(ratios); r++) {
            for (size_t i = 0; i < ARRAY_SIZE(each); i++) {
                struct planted_options many = dense, written = text;
                many.n_tastes = written.n_tastes = k;
                many.majority = written.majority = ratios[r];
                many.n_annotators = written.n_annotators = SMALLEST * (ratios[r] + k - 1);
                many.judgments_each = written.judgments_each = each[i];
                run("many-dense", many, seeds, word);
                run("many-text", written, seeds, word);
            }
        }
    }
    return 0;
}
