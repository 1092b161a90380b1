// plenum opinion FILE: opinion groups and consensus of a Polis conversation, without a server, as JSON.
#include "ctl/command.h"
#include "ctl/polis.h"

#include "base/json.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct config_setting settings[] = {
    {"moderated-out", NULL, NULL, "a file of statements' ids that were moderated out"},
    {"resamples", NULL, "20", "how many resamples say how stable the groups are; 0: not asked"},
    {"seed", NULL, "1", "seed of the resamples"},
    {"participants", NULL, "off", "each participant's place and group as well"},
    {"bridging", NULL, "off", "bridging scores of statements as well (Community Notes)"},
    {"brigades", NULL, "off", "people who vote together, and a fit without them, as well (votes.csv)"},
    {0},
};

enum { RESAMPLES_MAX = 1000, SEED_MAX = 1000 * 1000 * 1000 };
#define ARENA_MAX_BYTES ((size_t)8 << 30)

static json_t *id_json(uint64_t id)
{
    return json_integer((json_int_t)id);
}

static json_t *counts_json(struct opinion_counts counts)
{
    return json_pack("{s:I, s:I, s:I}", "agrees", (json_int_t)counts.agrees, "disagrees",
        (json_int_t)counts.disagrees, "votes", (json_int_t)counts.votes);
}

static json_t *groups_json(const struct opinion_result *result)
{
    json_t *groups = json_array(), *members[OPINION_GROUPS_MAX];
    for (uint32_t g = 0; g < result->k; g++) {
        members[g] = json_array();
        json_array_append_new(
            groups, json_pack("{s:I, s:I, s:[f,f], s:o}", "id", (json_int_t)result->groups[g].id, "size",
                        (json_int_t)result->groups[g].size, "centre", result->groups[g].x,
                        result->groups[g].y, "members", members[g]));
    }
    for (uint32_t i = 0; i < result->n_participants; i++) {
        if (result->group_of[i] >= 0)
            json_array_append_new(members[result->group_of[i]], id_json(result->participant[i]));
    }
    return groups;
}

static json_t *statements_json(const struct opinion_result *result)
{
    json_t *statements = json_array();
    for (uint32_t s = 0; s < result->n_statements; s++) {
        const struct opinion_statement *statement = &result->statements[s];
        json_t *one = json_pack("{s:o, s:f, s:f, s:f, s:I, s:I, s:I}", "id", id_json(statement->id),
            "group_informed_consensus", statement->group_informed_consensus, "priority", statement->priority,
            "extremity", statement->extremity, "votes", (json_int_t)statement->all.votes, "agrees",
            (json_int_t)statement->all.agrees, "disagrees", (json_int_t)statement->all.disagrees);
        json_t *by_group = json_array();
        for (uint32_t g = 0; g < result->k; g++) {
            json_t *counts = counts_json(statement->group[g]);
            json_object_set_new(counts, "id", json_integer((json_int_t)result->groups[g].id));
            json_array_append_new(by_group, counts);
        }
        json_object_set_new(one, "groups", by_group);
        json_object_set_new(one, "moderated_out", json_boolean(statement->moderation != OPINION_SHOWN));
        json_array_append_new(statements, one);
    }
    return statements;
}

static json_t *representative_json(const struct opinion_result *result)
{
    json_t *all = json_object();
    for (uint32_t g = 0; g < result->k; g++) {
        const struct opinion_group *group = &result->groups[g];
        json_t *list = json_array();
        char id[16];
        for (uint32_t i = 0; i < group->n_representative; i++) {
            const struct opinion_representative *r = &group->representative[i];
            json_t *one = json_pack("{s:o, s:s, s:I, s:I, s:f, s:f, s:f, s:f}", "id",
                id_json(result->statements[r->statement].id), "repful_for", r->agree ? "agree" : "disagree",
                "n_success", (json_int_t)r->n_success, "n_trials", (json_int_t)r->n_trials, "p_success",
                r->p_success, "p_test", r->p_test, "repness", r->repness, "repness_test", r->repness_test);
            if (r->best_agree)
                json_object_set_new(one, "best_agree", json_true());
            json_array_append_new(list, one);
        }
        snprintf(id, sizeof(id), "%u", group->id);
        json_object_set_new(all, id, list);
    }
    return all;
}

static json_t *consensus_json(
    const struct opinion_result *result, const struct opinion_consensus *list, uint32_t n)
{
    json_t *side = json_array();
    for (uint32_t i = 0; i < n; i++)
        json_array_append_new(side,
            json_pack("{s:o, s:I, s:I, s:f, s:f}", "id", id_json(result->statements[list[i].statement].id),
                "n_success", (json_int_t)list[i].n_success, "n_trials", (json_int_t)list[i].n_trials,
                "p_success", list[i].p_success, "p_test", list[i].p_test));
    return side;
}

static json_t *stability_json(
    const struct opinion *opinion, const struct opinion_result *result, int64_t n_resamples, int64_t seed)
{
    struct opinion_stability stability;
    if (n_resamples == 0)
        return json_null();
    opinion_stability(opinion, result, (uint32_t)n_resamples, (uint64_t)seed, &stability);
    return json_pack("{s:f, s:f, s:f, s:f, s:I, s:b}", "index", stability.mean, "low", stability.low, "high",
        stability.high, "same_k", stability.same_k, "resamples", (json_int_t)stability.n_resamples, "warning",
        stability.warning);
}

static json_t *participants_json(const struct opinion_result *result)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < result->n_participants; i++) {
        int32_t g = result->group_of[i];
        json_array_append_new(list,
            json_pack("{s:o, s:f, s:f, s:o}", "id", id_json(result->participant[i]), "x", result->x[i], "y",
                result->y[i], "group", g < 0 ? json_null() : json_integer((json_int_t)result->groups[g].id)));
    }
    return list;
}

static json_t *bridging_json(
    const struct opinion *opinion, const struct opinion_result *result, struct arena *arena)
{
    struct opinion_bridging bridging;
    json_t *list = json_array();
    opinion_bridge(opinion, arena, &bridging);
    for (uint32_t s = 0; s < result->n_statements; s++)
        json_array_append_new(list,
            json_pack("{s:o, s:f, s:f, s:f, s:[f,f]}", "id", id_json(result->statements[s].id), "score",
                bridging.mu + bridging.intercept[s], "intercept", bridging.intercept[s], "factor",
                bridging.factor[s], "net_support", bridging.support_below[s], bridging.support_above[s]));
    return json_pack("{s:f, s:I, s:b, s:o}", "mu", bridging.mu, "sweeps", (json_int_t)bridging.n_sweeps,
        "converged", bridging.converged, "statements", list);
}

static json_t *cliques_json(const struct opinion_result *result, const struct opinion_brigades *brigades)
{
    json_t *cliques = json_array();
    for (uint32_t c = 1; c <= brigades->n_cliques; c++) {
        json_t *members = json_array();
        for (uint32_t i = 0; i < result->n_participants; i++) {
            if (brigades->clique_of[i] == c)
                json_array_append_new(members, id_json(result->participant[i]));
        }
        json_array_append_new(cliques, members);
    }
    return cliques;
}

static json_t *brigades_json(const struct opinion *opinion, const struct opinion_result *result,
    const struct opinion_votes *log, struct arena *arena, struct err *err)
{
    struct opinion_brigades brigades;
    if (opinion_brigades(opinion, result, log, arena, &brigades, err) != 0)
        return NULL;
    json_t *active = json_array(), *lost = json_array();
    for (uint32_t i = 0; i < result->n_participants; i++) {
        if (brigades.active[i])
            json_array_append_new(active, id_json(result->participant[i]));
    }
    for (int side = 0; side < 2; side++) {
        uint32_t n = side == 0 ? result->n_consensus_agree : result->n_consensus_disagree;
        const struct opinion_consensus *list =
            side == 0 ? result->consensus_agree : result->consensus_disagree;
        for (uint32_t i = 0; i < n; i++) {
            if (!brigades.survives[list[i].statement])
                json_array_append_new(lost, id_json(result->statements[list[i].statement].id));
        }
    }
    return json_pack("{s:I, s:o, s:o, s:I, s:{s:I, s:f, s:I, s:o}}", "pairs", (json_int_t)brigades.n_pairs,
        "cliques", cliques_json(result, &brigades), "most_active", active, "votes_left_out",
        (json_int_t)brigades.n_votes_left_out, "without_them", "k", (json_int_t)brigades.refit.k, "agreement",
        brigades.agreement, "consensus_kept", (json_int_t)brigades.n_survive, "consensus_lost", lost);
}

static int print_result(const struct config *config, struct opinion *opinion,
    const struct opinion_votes *votes, struct arena *arena, struct err *err)
{
    struct opinion_result result;
    int64_t n_resamples, seed;
    int failed = config_number(config, "resamples", 0, RESAMPLES_MAX, &n_resamples, err);
    if (failed == 0)
        failed = config_number(config, "seed", 0, SEED_MAX, &seed, err);
    if (failed)
        return failed;
    opinion_fit(opinion, arena, &result);
    json_t *answer = json_object();
    json_object_set_new(answer, "k", json_integer((json_int_t)result.k));
    json_object_set_new(answer, "participants_counted", json_integer((json_int_t)result.n_participants));
    json_object_set_new(answer, "groups", groups_json(&result));
    json_object_set_new(answer, "statements", statements_json(&result));
    json_object_set_new(answer, "representative", representative_json(&result));
    json_object_set_new(answer, "consensus",
        json_pack("{s:o, s:o}", "agree",
            consensus_json(&result, result.consensus_agree, result.n_consensus_agree), "disagree",
            consensus_json(&result, result.consensus_disagree, result.n_consensus_disagree)));
    json_object_set_new(answer, "stability", stability_json(opinion, &result, n_resamples, seed));
    if (config_switch(config, "participants"))
        json_object_set_new(answer, "participants", participants_json(&result));
    if (config_switch(config, "bridging"))
        json_object_set_new(answer, "bridging", bridging_json(opinion, &result, arena));
    if (config_switch(config, "brigades")) {
        json_t *brigades = brigades_json(opinion, &result, votes, arena, err);
        failed = brigades == NULL ? err->code : 0;
        json_object_set_new(answer, "brigades", brigades);
    }
    if (failed == 0) {
        json_dumpf(answer, stdout, JSON_COMPACT);
        printf("\n");
    }
    json_decref(answer);
    return failed;
}

static int opinion_file(const struct config *config, const char *path, struct err *err)
{
    struct polis_votes votes;
    struct opinion *opinion = opinion_new();
    struct arena *arena = arena_new(ARENA_MAX_BYTES);
    const char *moderated = config_text(config, "moderated-out");
    int failed = polis_read(path, &votes, err);
    struct opinion_votes columns = polis_columns(&votes);
    if (failed == 0 && moderated != NULL)
        failed = polis_moderate(moderated, opinion, err);
    if (failed == 0)
        failed = opinion_add(opinion, &columns, err);
    if (failed == 0)
        failed = print_result(config, opinion, &columns, arena, err);
    arena_free(arena);
    opinion_free(opinion);
    polis_release(&votes);
    return failed;
}

int command_opinion(int argc, char **argv)
{
    int n_words = 0;
    struct err err = {0};
    struct config *config = command_parse(argc, argv, "opinion FILE", settings, &n_words);
    int failed =
        n_words == 1 ? opinion_file(config, argv[1], &err) : err_set(&err, ERR_INVALID, "say one FILE");
    int status = failed ? command_fail("opinion", &err) : 0;
    config_free(config);
    return status;
}
