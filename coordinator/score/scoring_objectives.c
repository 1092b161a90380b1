// What else is foretold of candidates than which is preferred: ratings of dimensions, compliance with articles and its lower bound as a hard
// constraint, and how far people differ (reward/objective.h, reward/jury.h).
#include "coordinator/score/scoring_objectives.h"

#include <math.h>
#include <string.h>

#define THRESHOLD_DEFAULT 0.5

// --- what is asked ------------------------------------------------------------------------------------------------------
static const struct objective *find(const struct artefact *artefact, const char *name)
{
    bool by_article = strncmp(name, "article:", 8) == 0;
    for (uint32_t i = 0; i < artefact->n_objectives; i++) {
        const struct objective *one = &artefact->objectives[i];
        if (strcmp(one->name, by_article ? name + 8 : name) == 0 && (!by_article || one->is_article))
            return one;
    }
    return NULL;
}

int scoring_read_objectives(struct scoring_objectives *asked, const struct artefact *artefact,
    const json_t *list, struct arena *arena, struct err *err)
{
    size_t n = json_array_size(list);
    if (list == NULL || json_is_null(list))
        return 0;
    if (!json_is_array(list) || n < 1 || n > OBJECTIVES_MAX)
        return err_set(err, ERR_INVALID,
            "/objectives must be a list of 1 to %d names of dimensions or articles (\"article:ID\")",
            OBJECTIVES_MAX);
    asked->objectives = arena_calloc(arena, n, sizeof(*asked->objectives));
    for (size_t i = 0; i < n; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        const struct objective *one = name != NULL ? find(artefact, name) : NULL;
        if (one == NULL)
            return err_set(err, ERR_INVALID, "/objectives/%zu this model has no head for \"%.64s\"", i,
                name != NULL ? name : "");
        asked->objectives[asked->n_objectives++] = one;
    }
    return 0;
}

static bool read_threshold(const json_t *value, double *ret_threshold)
{
    if (value == NULL || json_is_null(value))
        return true;
    *ret_threshold = json_number_value(value);
    return json_is_number(value) && *ret_threshold >= 0 && *ret_threshold <= 1;
}

static int read_article(struct scoring_objectives *asked, const json_t *value, size_t i, double threshold,
    struct scoring_article *article, struct err *err)
{
    const char *id = json_string_value(json_is_object(value) ? json_object_get(value, "id") : value);
    if (id == NULL)
        return err_set(
            err, ERR_INVALID, "/constitution/articles/%zu must be an id, or {\"id\", \"threshold\"}", i);
    if (json_is_object(value) && !read_threshold(json_object_get(value, "threshold"), &threshold))
        return err_set(
            err, ERR_INVALID, "/constitution/articles/%zu/threshold must be a number from 0 to 1", i);
    article->threshold = threshold;
    for (uint32_t j = 0; j < asked->judge->n_objectives; j++) {
        if (asked->judge->objectives[j].is_article && strcmp(asked->judge->objectives[j].name, id) == 0)
            article->objective = &asked->judge->objectives[j];
    }
    if (article->objective == NULL)
        return err_set(err, ERR_INVALID,
            "/constitution/articles/%zu compliance with \"%.64s\" is not fitted in this model", i, id);
    return 0;
}

int scoring_read_constitution(struct scoring_objectives *asked, const struct artefact *judge,
    const json_t *json, struct arena *arena, struct err *err)
{
    const json_t *list = json_object_get(json, "articles"), *by = json_object_get(json, "by");
    double threshold = THRESHOLD_DEFAULT;
    const char *name;
    json_t *member;
    if (json == NULL || json_is_null(json))
        return 0;
    if (!json_is_object(json))
        return err_set(err, ERR_INVALID, "/constitution must be {articles?, threshold?, by?, model?}");
    json_object_foreach((json_t *)(uintptr_t)json, name, member)
    {
        if (strcmp(name, "articles") != 0 && strcmp(name, "threshold") != 0 && strcmp(name, "by") != 0 &&
            strcmp(name, "model") != 0)
            return err_set(err, ERR_INVALID, "/constitution/%.64s there is no such field", name);
    }
    if (!read_threshold(json_object_get(json, "threshold"), &threshold))
        return err_set(err, ERR_INVALID, "/constitution/threshold must be a number from 0 to 1");
    const char *who = json_string_value(by);
    if (by != NULL && (who == NULL || (strcmp(who, "everybody") != 0 && strcmp(who, "every_group") != 0)))
        return err_set(err, ERR_INVALID, "/constitution/by must be everybody or every_group");
    asked->judge = judge;
    asked->by_every_group = who != NULL && strcmp(who, "every_group") == 0;
    size_t n = list != NULL ? json_array_size(list) : judge->n_objectives;
    asked->articles = arena_calloc(arena, n, sizeof(*asked->articles));
    if (list != NULL && (!json_is_array(list) || n < 1 || n > OBJECTIVES_MAX))
        return err_set(err, ERR_INVALID, "/constitution/articles must be a list of 1 to %d", OBJECTIVES_MAX);
    for (size_t i = 0; i < n; i++) {
        struct scoring_article *article = &asked->articles[asked->n_articles];
        if (list != NULL) {
            int rc = read_article(asked, json_array_get(list, i), i, threshold, article, err);
            if (rc < 0)
                return rc;
        } else if (judge->objectives[i].is_article) { // all that are fitted
            *article = (struct scoring_article){.objective = &judge->objectives[i], .threshold = threshold};
        }
        asked->n_articles += article->objective != NULL;
    }
    return asked->n_articles > 0
               ? 0
               : err_set(err, ERR_INVALID, "/constitution no article's compliance is fitted in this model");
}

// --- what is foretold -----------------------------------------------------------------------------------------------------
static double score_of(
    const struct artefact *artefact, const double *rewards, size_t i, const struct objective_group *group)
{
    return rewards[i * artefact->n_heads + group->head] + group->height;
}

// Everybody's share with the bounds, and the group's with the least lower bound.
static void judge_one(const struct scoring_objectives *asked, const struct objective *objective, size_t i,
    struct scoring_compliance *ret)
{
    for (uint32_t g = 0; g < objective->n_groups; g++) {
        struct objective_share share;
        objective_compliance(objective, &objective->groups[g],
            score_of(asked->judge, asked->judge_rewards, i, &objective->groups[g]), &share);
        if (g == 0)
            ret->all = share;
        if (g == 0 || share.low < ret->worst.low) {
            ret->worst = share;
            ret->worst_group = g;
        }
    }
}

int scoring_judge(
    struct scoring_objectives *asked, struct scoring *scoring, struct arena *arena, struct err *err)
{
    size_t n = scoring->n_candidates;
    if (asked->n_articles == 0)
        return 0;
    asked->judge_rewards = scoring->rewards;
    if (asked->judge != scoring->artefact) {
        double *rewards = arena_alloc(arena, n * asked->judge->n_heads * sizeof(double));
        int rc = predict_rewards(asked->judge, scoring->candidates, n, arena, rewards, err);
        if (rc < 0)
            return rc;
        asked->judge_rewards = rewards;
    }
    asked->compliance = arena_calloc(arena, n * asked->n_articles, sizeof(*asked->compliance));
    asked->is_out = arena_calloc(arena, n, sizeof(bool));
    for (size_t i = 0; i < n; i++) {
        for (size_t a = 0; a < asked->n_articles; a++) {
            struct scoring_compliance *one = &asked->compliance[i * asked->n_articles + a];
            judge_one(asked, asked->articles[a].objective, i, one);
            one->violates =
                (asked->by_every_group ? one->worst.low : one->all.low) < asked->articles[a].threshold;
            asked->is_out[i] = asked->is_out[i] || one->violates;
        }
        asked->n_out += asked->is_out[i];
    }
    return 0;
}

// Those that are out stand behind the others, in the order that they had; what is drawn by lot is drawn among the others.
int scoring_leave_out(
    const struct scoring_objectives *asked, struct scoring *scoring, struct arena *arena, struct err *err)
{
    size_t n = scoring->n_candidates, n_in = n - asked->n_out, m = 0, g = scoring->n_groups;
    struct aggregate_result *result = &scoring->result;
    if (asked->n_out == 0 || n_in == 0)
        return 0;
    uint32_t *order = arena_alloc(arena, n * sizeof(*order)), *in = arena_alloc(arena, n_in * sizeof(*in));
    for (size_t i = 0; i < n; i++) {
        if (!asked->is_out[i])
            in[m++] = (uint32_t)i;
    }
    if (result->lottery != NULL) {
        double *utilities = arena_alloc(arena, n_in * g * sizeof(*utilities));
        struct aggregate_result among;
        for (size_t j = 0; j < n_in; j++)
            memcpy(utilities + j * g, scoring->utilities + in[j] * g, g * sizeof(*utilities));
        int rc = aggregate(scoring->rule, utilities, n_in, g, scoring->weights, arena, &among, err);
        if (rc < 0)
            return rc;
        for (size_t i = 0; i < n; i++)
            result->lottery[i] = result->scores[i] = 0;
        for (size_t j = 0; j < n_in; j++) {
            result->lottery[in[j]] = among.lottery[j];
            result->scores[in[j]] = among.scores[j];
            order[j] = in[among.order[j]];
        }
        result->choice = in[among.choice];
        result->lottery_value = among.lottery_value;
        result->lottery_gap = among.lottery_gap;
    } else {
        m = 0;
        for (size_t rank = 0; rank < n; rank++) {
            if (!asked->is_out[result->order[rank]])
                order[m++] = result->order[rank];
        }
        result->choice = order[0];
    }
    m = n_in;
    for (size_t rank = 0; rank < n; rank++) {
        if (asked->is_out[result->order[rank]])
            order[m++] = result->order[rank];
    }
    result->order = order;
    return 0;
}

// --- as it is told --------------------------------------------------------------------------------------------------------
static json_t *share_json(const struct objective_share *share)
{
    return json_pack("{s:f, s:f, s:f}", "share", share->share, "low", share->low, "high", share->high);
}

static json_t *by_group_json(
    const struct artefact *artefact, const double *rewards, const struct objective *one, size_t i)
{
    json_t *list = json_array();
    for (uint32_t g = 1; g < one->n_groups; g++) {
        const struct objective_group *group = &one->groups[g];
        double score = score_of(artefact, rewards, i, group);
        struct objective_share share;
        objective_compliance(one, group, score, &share);
        json_t *json =
            one->is_article ? share_json(&share) : json_pack("{s:f}", "mean", objective_mean(one, score));
        json_object_set_new(json, "attribute", json_string(group->attribute));
        json_object_set_new(json, "value", json_string(group->value));
        json_array_append_new(list, json);
    }
    return list;
}

// The mean rating on the scale of the ratings and how far single ratings lie from it; of an article the share who would say yes.
static json_t *objectives_of_candidate(
    const struct scoring_objectives *asked, const struct scoring *scoring, size_t i)
{
    json_t *list = json_array();
    for (size_t o = 0; o < asked->n_objectives; o++) {
        const struct objective *one = asked->objectives[o];
        double score = score_of(scoring->artefact, scoring->rewards, i, &one->groups[0]);
        struct objective_share share;
        objective_compliance(one, &one->groups[0], score, &share);
        json_t *json = one->is_article ? share_json(&share)
                                       : json_pack("{s:f, s:f}", "mean", objective_mean(one, score),
                                             "deviation", objective_deviation(one, score));
        json_object_set_new(json, "name", json_string(one->name));
        json_object_set_new(json, "kind", json_string(one->is_article ? "article" : "dimension"));
        json_object_set_new(json, "score", json_real(score));
        json_object_set_new(json, "by_group", by_group_json(scoring->artefact, scoring->rewards, one, i));
        json_array_append_new(list, json);
    }
    return list;
}

static json_t *article_json(
    const struct scoring_objectives *asked, size_t a, const struct scoring_compliance *one)
{
    const struct scoring_article *article = &asked->articles[a];
    const struct objective_group *worst = &article->objective->groups[one->worst_group];
    json_t *json = share_json(&one->all);
    json_object_set_new(json, "article", json_string(article->objective->name));
    json_object_set_new(json, "threshold", json_real(article->threshold));
    json_object_set_new(json, "complies", json_boolean(!one->violates));
    json_object_set_new(json, "worst",
        json_pack(
            "{s:s, s:s, s:f}", "attribute", worst->attribute, "value", worst->value, "low", one->worst.low));
    return json;
}

json_t *scoring_beside_candidate(
    const struct scoring_objectives *asked, const struct scoring *scoring, size_t i)
{
    json_t *json = json_object(), *checks = json_array(), *violations = json_array();
    for (size_t a = 0; a < asked->n_articles; a++) {
        json_t *one = article_json(asked, a, &asked->compliance[i * asked->n_articles + a]);
        if (asked->compliance[i * asked->n_articles + a].violates)
            json_array_append(violations, one);
        json_array_append_new(checks, one);
    }
    json_object_set_new(json, "violations", violations);
    if (asked->n_articles > 0)
        json_object_set(json, "compliance", checks);
    json_decref(checks);
    if (asked->n_objectives > 0)
        json_object_set_new(json, "objectives", objectives_of_candidate(asked, scoring, i));
    double spread;
    const char *from = asked->people ? scoring_people(scoring, i, &spread) : NULL;
    if (asked->people)
        json_object_set_new(json, "people",
            from != NULL ? json_pack("{s:f, s:s}", "spread", spread, "from", from) : json_null());
    return json;
}

json_t *scoring_beside_answer(const struct scoring_objectives *asked, const struct scoring *scoring)
{
    json_t *json = json_object(), *list = json_array();
    for (size_t o = 0; o < asked->n_objectives; o++)
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:b, s:[f,f]}", "name", asked->objectives[o]->name, "kind",
                      asked->objectives[o]->is_article ? "article" : "dimension", "supported",
                      (int)asked->objectives[o]->supported, "scale", asked->objectives[o]->value[0],
                      asked->objectives[o]->value[asked->objectives[o]->n_levels - 1]));
    if (asked->n_objectives > 0)
        json_object_set(json, "objectives", list);
    json_decref(list);
    if (asked->n_articles > 0)
        json_object_set_new(
            json, "state", json_string(asked->n_out == scoring->n_candidates ? "none" : "ok"));
    return json;
}

// --- how far people differ ------------------------------------------------------------------------------------------------
// By the jury's spread of coefficients over everybody; else between the groups that are served, each by its share.
const char *scoring_people(const struct scoring *scoring, size_t i, double *ret_spread)
{
    const struct artefact *artefact = scoring->artefact;
    size_t n = scoring->n_candidates;
    double variance = 0;
    if (artefact->jury != NULL && scoring->rewards != NULL) {
        uint32_t k = artefact->jury->n_basis;
        double x[JURY_BASIS_MAX];
        for (uint32_t b = 0; b < k; b++) {
            double mean = 0;
            for (size_t j = 0; j < n; j++)
                mean += scoring->rewards[j * artefact->n_heads + b] / (double)n;
            x[b] = scoring->rewards[i * artefact->n_heads + b] - (n > 1 ? mean : artefact->heads[b].centre);
        }
        for (uint32_t a = 0; a < k; a++) {
            for (uint32_t b = 0; b < k; b++)
                variance += x[a] * artefact->jury->pools[0].covariance[a * k + b] * x[b];
        }
        *ret_spread = sqrt(fmax(variance, 0));
        return "jury";
    }
    if (scoring->n_groups < 2)
        return NULL;
    double mean = 0, total = 0;
    for (size_t g = 0; g < scoring->n_groups; g++) {
        mean += scoring_group(scoring, g)->share * scoring->utilities[i * scoring->n_groups + g];
        total += scoring_group(scoring, g)->share;
    }
    mean /= total > 0 ? total : 1;
    for (size_t g = 0; g < scoring->n_groups; g++)
        variance +=
            scoring_group(scoring, g)->share * pow(scoring->utilities[i * scoring->n_groups + g] - mean, 2);
    *ret_spread = sqrt(variance / (total > 0 ? total : 1));
    return "groups";
}
