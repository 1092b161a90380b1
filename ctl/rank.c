// plenum rank FILE: JSON lines {candidates, rankings} to {social_rank}, by Schulze.
#include "ctl/command.h"
#include "ctl/lines.h"
#include "ctl/schulze.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static const struct config_setting settings[] = {
    {"pairwise", NULL, "off", "print the pairwise counts and path strengths as well"},
    {0},
};

enum { VOTERS_MAX = 10 * 1000 * 1000 };

// One voter: n ranks from 0 up; -1 anywhere drops the voter.
static int add_voter(const json_t *ranks, size_t n, size_t voter, uint32_t *pairwise, struct err *err)
{
    int64_t values[SCHULZE_CANDIDATES_MAX];
    if (json_array_size(ranks) != n)
        return err_set(
            err, ERR_INVALID, "/rankings/%zu has not one rank for each of %zu candidates", voter, n);
    bool dropped = false;
    for (size_t i = 0; i < n; i++) {
        const json_t *rank = json_array_get(ranks, i);
        if (!json_is_integer(rank) || json_integer_value(rank) < -1)
            return err_set(err, ERR_INVALID, "/rankings/%zu/%zu is no rank", voter, i);
        values[i] = json_integer_value(rank);
        dropped = dropped || values[i] < 0;
    }
    if (!dropped)
        schulze_add_voter(values, n, pairwise);
    return 0;
}

static json_t *matrix(const uint32_t *values, size_t n)
{
    json_t *rows = json_array();
    for (size_t x = 0; x < n; x++) {
        json_t *row = json_array();
        for (size_t y = 0; y < n; y++)
            json_array_append_new(row, json_integer(values[x * n + y]));
        json_array_append_new(rows, row);
    }
    return rows;
}

static int rank_one(const json_t *question, bool with_pairwise, struct err *err)
{
    const json_t *rankings = json_object_get(question, "rankings");
    json_int_t wanted = json_integer_value(json_object_get(question, "candidates"));
    if (wanted < 1 || wanted > SCHULZE_CANDIDATES_MAX)
        return err_set(err, ERR_INVALID, "/candidates is not 1 to %d", SCHULZE_CANDIDATES_MAX);
    if (!json_is_array(rankings) || json_array_size(rankings) > VOTERS_MAX)
        return err_set(err, ERR_INVALID, "/rankings is no list");
    size_t n = (size_t)wanted;
    uint32_t *pairwise = calloc(n * n, sizeof(*pairwise)), *strengths = calloc(n * n, sizeof(*strengths));
    uint32_t social_rank[SCHULZE_CANDIDATES_MAX];
    if (pairwise == NULL || strengths == NULL)
        abort();
    int failed = 0;
    for (size_t voter = 0; failed == 0 && voter < json_array_size(rankings); voter++)
        failed = add_voter(json_array_get(rankings, voter), n, voter, pairwise, err);
    if (failed == 0) {
        schulze(pairwise, n, strengths, social_rank);
        json_t *ranks = json_array();
        for (size_t x = 0; x < n; x++)
            json_array_append_new(ranks, json_integer(social_rank[x]));
        json_t *answer = json_pack("{s:o}", "social_rank", ranks);
        if (with_pairwise) {
            json_object_set_new(answer, "pairwise", matrix(pairwise, n));
            json_object_set_new(answer, "path_strengths", matrix(strengths, n));
        }
        json_dumpf(answer, stdout, JSON_COMPACT);
        printf("\n");
        json_decref(answer);
    }
    free(pairwise);
    free(strengths);
    return failed;
}

static int rank_file(const char *path, bool with_pairwise, struct err *err)
{
    struct lines *lines = lines_open(path, err);
    char *line;
    size_t length;
    int got = lines == NULL ? err->code : 1;
    while (got == 1) {
        got = lines_next(lines, &line, &length, err);
        if (got != 1 || length == 0)
            continue;
        json_error_t at;
        json_t *question = json_loadb(line, length, JSON_REJECT_DUPLICATES, &at);
        int failed = question == NULL ? err_set(err, ERR_INVALID, "%s", at.text)
                                      : rank_one(question, with_pairwise, err);
        json_decref(question);
        if (failed)
            got = err_prefix(err, "%s:%llu", path, (unsigned long long)lines_number(lines));
    }
    lines_close(lines);
    return got;
}

int command_rank(int argc, char **argv)
{
    int n_words = 0;
    struct err err = {0};
    struct config *config = command_parse(argc, argv, "rank FILE", settings, &n_words);
    int failed = n_words == 1 ? rank_file(argv[1], config_switch(config, "pairwise"), &err)
                              : err_set(&err, ERR_INVALID, "say one FILE");
    int status = failed ? command_fail("rank", &err) : 0;
    config_free(config);
    return status;
}
