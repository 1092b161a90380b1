#include "ctl/simulate.h"

#include "base/rng.h"
#include "ctl/client.h"
#include "ctl/command.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESPONSES_MAX = 64 };

struct simulation {
    const struct simulate_options *options;
    struct client *client;
    json_t *meta; // {content: {axis: number}}
    struct rng rng;
    struct simulate_result result;
};

// content -> axes, for every response of every item: the simulator recognises what it is shown.
static int read_items(const char *path, json_t *meta, struct err *err)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    int rc = 0;
    if (file == NULL)
        return err_set_errno(err, "%s", path);
    for (int number = 1; rc == 0 && getline(&line, &size, file) > 0; number++) {
        json_error_t at;
        json_t *item = json_loads(line, JSON_REJECT_DUPLICATES, &at), *response;
        size_t i;
        if (item == NULL)
            rc = err_set(err, ERR_INVALID, "%s:%d: %s", path, number, at.text);
        json_array_foreach(json_object_get(item, "responses"), i, response)
        {
            const char *content = json_string_value(json_object_get(response, "content"));
            if (content != NULL && json_object_get(response, "meta") != NULL)
                json_object_set(meta, content, json_object_get(response, "meta"));
        }
        json_decref(item);
    }
    free(line);
    fclose(file);
    return rc;
}

static double utility(const struct simulation *simulation, json_t *tastes, json_t *response)
{
    json_t *meta = json_object_get(simulation->meta, json_string_value(json_object_get(response, "content")));
    const char *axis;
    json_t *taste;
    double sum = 0;
    json_object_foreach(tastes, axis, taste) sum +=
        json_number_value(taste) * json_number_value(json_object_get(meta, axis));
    return sum;
}

// --- what one annotator answers -----------------------------------------------------------------------------------------
// A response as it is felt: `u` in units of the annotator's noise, `felt` with the noise of this moment (Gumbel, so that pairs
// and orders of `felt` are those of Bradley and Terry, and of Plackett and Luce).
struct felt {
    const char *slot;
    double u, felt;
};

static int by_feeling(const void *a, const void *b)
{
    const struct felt *one = a, *other = b;
    return one->felt < other->felt ? 1 : one->felt > other->felt ? -1 : 0;
}

static json_t *pair_answer(struct simulation *simulation, const json_t *task, const struct felt *felt)
{
    double difference = felt[0].u - felt[1].u, size = fabs(difference);
    bool wants_worse = strcmp(json_string_value(json_object_get(task, "goal")), "worse") == 0,
         left = rng_uniform(&simulation->rng) < 1 / (1 + exp(wants_worse ? difference : -difference));
    json_int_t strength = size > 4     ? 3
                          : size > 1.5 ? 2
                                       : 1,
               most = json_integer_value(json_object_get(task, "strength_max"));
    json_t *answer = json_pack("{s:s}", "choice", left ? "left" : "right");
    if (most > 0)
        json_object_set_new(answer, "strength", json_integer(strength < most ? strength : most));
    return answer;
}

// `sorted`: best first.
static json_t *order_answer(const json_t *task, const struct felt *sorted, size_t n)
{
    if (strcmp(json_string_value(json_object_get(task, "kind")), "best_worst") == 0)
        return json_pack("{s:s, s:s}", "best", sorted[0].slot, "worst", sorted[n - 1].slot);
    json_t *ranking = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(ranking, json_pack("[s]", sorted[i].slot));
    return json_pack("{s:o}", "ranking", ranking);
}

static json_t *rating_of(const json_t *dimension, double felt)
{
    double low = json_number_value(json_object_get(dimension, "min")),
           high = json_number_value(json_object_get(dimension, "max")),
           value = low + (high - low) / (1 + exp(-felt));
    if (strcmp(json_string_value(json_object_get(dimension, "scale")), "yes_no_unsure") == 0)
        return json_string(fabs(felt) < 0.25 ? "unsure" : felt > 0 ? "yes" : "no");
    return json_is_true(json_object_get(dimension, "fractions")) ? json_real(value)
                                                                 : json_integer((json_int_t)lround(value));
}

// All dimensions by the same taste: of the whole item, by the mean of its responses.
static json_t *ratings(const json_t *dimensions, const struct felt *felt, size_t n)
{
    json_t *all = json_object();
    json_t *dimension;
    size_t i;
    json_array_foreach(dimensions, i, dimension)
    {
        json_t *own = json_object();
        double sum = 0;
        bool is_of_item = strcmp(json_string_value(json_object_get(dimension, "about")), "item") == 0;
        for (size_t k = 0; k < n; k++) {
            sum += felt[k].felt;
            if (!is_of_item)
                json_object_set_new(own, felt[k].slot, rating_of(dimension, felt[k].felt));
        }
        if (is_of_item)
            json_object_set_new(own, "item", rating_of(dimension, sum / (double)n));
        json_object_set_new(all, json_string_value(json_object_get(dimension, "id")), own);
    }
    return all;
}

// Tastes say which response is better; what else a task wants to know they can't.
static int check_task(const json_t *task, struct err *err)
{
    static const char *const words[] = {"rationale", "edit", NULL};
    json_t *group;
    size_t i;
    if (json_is_object(json_object_get(task, "chat")))
        return err_set(err, ERR_INVALID, "a chat is not simulated: nobody writes");
    for (size_t k = 0; words[k] != NULL; k++) {
        if (strcmp(json_string_value(json_object_get(task, words[k])), "required") == 0)
            return err_set(err, ERR_INVALID, "the task requires %s, of which tastes say nothing", words[k]);
    }
    json_array_foreach(json_object_get(task, "labels"), i, group)
    {
        if (json_is_true(json_object_get(group, "required")))
            return err_set(err, ERR_INVALID, "the task requires the label %s, of which tastes say nothing",
                json_string_value(json_object_get(group, "id")));
    }
    return 0;
}

static int judge(struct simulation *simulation, json_t *annotator, const json_t *assignment,
    json_t **ret_answer, struct err *err)
{
    const json_t *task = json_object_get(assignment, "task"),
                 *responses = json_object_get(json_object_get(assignment, "item"), "responses"),
                 *dimensions = json_object_get(task, "dimensions");
    double noise = fmax(json_number_value(json_object_get(annotator, "noise")), 1e-6);
    size_t n = json_array_size(responses);
    struct felt felt[RESPONSES_MAX];
    const char *kind = json_string_value(json_object_get(task, "kind"));
    int rc = check_task(task, err);
    if (rc < 0)
        return rc;
    if (n == 0 || n > RESPONSES_MAX)
        return err_set(err, ERR_INVALID, "an item of %zu responses", n);
    bool is_pair = strcmp(kind, "pairwise") == 0;
    for (size_t i = 0; i < n; i++) {
        json_t *response = json_array_get(responses, i);
        double u = utility(simulation, json_object_get(annotator, "tastes"), response) / noise;
        felt[i] =
            (struct felt){.slot = json_string_value(json_object_get(response, "slot")), .u = u, .felt = u};
        if (!is_pair)
            felt[i].felt -= log(-log(fmax(rng_uniform(&simulation->rng), 1e-300)));
    }
    json_t *answer = is_pair ? pair_answer(simulation, task, felt) : json_object();
    if (json_array_size(dimensions) > 0)
        json_object_set_new(answer, "ratings", ratings(dimensions, felt, n));
    if (strcmp(kind, "ranking") == 0 || strcmp(kind, "best_worst") == 0) {
        qsort(felt, n, sizeof(felt[0]), by_feeling);
        json_object_update_new(answer, order_answer(task, felt, n));
    }
    if (strcmp(json_string_value(json_object_get(task, "confidence")), "required") == 0)
        json_object_set_new(answer, "confidence",
            json_integer(n > 1 ? lround(100 / (1 + exp(-fabs(felt[0].u - felt[1].u)))) : 50));
    json_object_update_new(answer, json_pack("{s:i, s:{s:b}}", "active_ms", 0, "client", "simulated", 1));
    *ret_answer = answer;
    return 0;
}

// 1: judged, 0: nothing left.
static int judge_next(struct simulation *simulation, json_t *annotator, struct err *err)
{
    char path[256], key[37];
    int status = 0;
    json_t *assignment = NULL, *answer = NULL;
    snprintf(path, sizeof(path), "/api/v1/projects/%s/assignments", simulation->options->project_id);
    if (client_call(simulation->client, "POST", path, NULL, NULL, &status, &assignment, err) < 0)
        return err->code;
    if (status == 204)
        return 0;
    const char *id = json_string_value(json_object_get(assignment, "id"));
    json_t *judgment = NULL;
    int rc = 0;
    if (status != 201 || id == NULL)
        rc = err_set(err, ERR_INVALID, "an assignment was answered with %d", status);
    if (rc == 0)
        rc = judge(simulation, annotator, assignment, &judgment, err);
    if (rc < 0) {
        json_decref(assignment);
        return rc;
    }
    snprintf(path, sizeof(path), "/api/v1/assignments/%s/judgment", id);
    client_new_key(key);
    rc = client_call(simulation->client, "PUT", path, judgment, key, NULL, &answer, err);
    json_decref(judgment);
    json_decref(assignment);
    json_decref(answer);
    return rc < 0 ? rc : 1;
}

static int join(struct simulation *simulation, json_t *annotator, struct err *err)
{
    json_t *request = json_pack(
        "{s:s, s:b, s:{s:s}}", "code", simulation->options->code, "simulated", 1, "consent", "version", "1");
    json_t *answer = NULL;
    client_set_token(simulation->client, NULL);
    int rc = client_call(simulation->client, "POST", "/api/v1/join", request, NULL, NULL, &answer, err);
    json_decref(request);
    const char *token = json_string_value(json_object_get(answer, "token"));
    if (rc == 0 && token == NULL)
        rc = err_set(err, ERR_INVALID, "joining gave no token");
    if (rc == 0)
        client_set_token(simulation->client, token);
    json_decref(answer);
    json_t *demographics = json_object_get(annotator, "demographics");
    if (rc < 0 || json_object_size(demographics) == 0)
        return rc;
    request = json_pack("{s:b, s:O}", "consent", 1, "answers", demographics);
    rc = client_call(simulation->client, "PUT", "/api/v1/me/demographics", request, NULL, NULL, NULL, err);
    json_decref(request);
    return rc;
}

static int run_all(struct simulation *simulation, json_t *plan, struct err *err)
{
    json_int_t each = json_integer_value(json_object_get(plan, "judgments_each"));
    json_t *annotator;
    size_t i;
    json_array_foreach(json_object_get(plan, "annotators"), i, annotator)
    {
        int rc = join(simulation, annotator, err);
        if (rc < 0)
            return err_prefix(err, "annotator %zu", i + 1);
        for (json_int_t n = 0; n < each; n++) {
            rc = judge_next(simulation, annotator, err);
            if (rc < 0)
                return err_prefix(err, "annotator %zu", i + 1);
            if (rc == 0)
                break;
            simulation->result.n_judgments++;
        }
        simulation->result.n_annotators++;
    }
    return 0;
}

int simulate_run(const struct simulate_options *options, struct simulate_result *ret_result, struct err *err)
{
    json_error_t at;
    json_t *plan = json_load_file(options->annotators, JSON_REJECT_DUPLICATES, &at);
    if (plan == NULL)
        return err_set(err, ERR_INVALID, "%s:%d: %s", options->annotators, at.line, at.text);
    struct simulation simulation = {
        .options = options, .client = client_new(options->url, NULL), .meta = json_object()};
    rng_seed(&simulation.rng, options->seed);
    int rc = read_items(options->items, simulation.meta, err);
    if (rc == 0)
        rc = run_all(&simulation, plan, err);
    *ret_result = simulation.result;
    client_free(simulation.client);
    json_decref(simulation.meta);
    json_decref(plan);
    return rc;
}

static const struct config_setting settings[] = {
    {"project", NULL, NULL, "the project's id (required; it must be marked simulated)"},
    {"annotators", NULL, NULL, "file of annotators: tastes, noise, demographics (required)"},
    {"items", NULL, NULL, "file of the item lines, with the axes in each response's meta (required)"},
    {"seed", NULL, "1", "for the annotators' noise"},
    CLIENT_SETTINGS,
    {0},
};

static int invite(
    struct client *client, const char *project_id, const char *annotators, char code[256], struct err *err)
{
    json_error_t at;
    char path[256];
    json_t *answer = NULL, *plan = json_load_file(annotators, 0, &at);
    if (plan == NULL)
        return err_set(err, ERR_INVALID, "%s:%d: %s", annotators, at.line, at.text);
    size_t n = json_array_size(json_object_get(plan, "annotators"));
    json_decref(plan);
    snprintf(path, sizeof(path), "/api/v1/projects/%s", project_id);
    int rc = client_call(client, "GET", path, NULL, NULL, NULL, &answer, err);
    bool simulated = json_is_true(json_object_get(answer, "simulated"));
    json_decref(answer);
    if (rc < 0)
        return rc;
    if (!simulated)
        return err_set(err, ERR_INVALID,
            "the project is not marked simulated: people's answers are not mixed with these");
    snprintf(path, sizeof(path), "/api/v1/projects/%s/invitations", project_id);
    json_t *request = json_pack("{s:I}", "max_uses", (json_int_t)(n > 0 ? n : 1));
    rc = client_call(client, "POST", path, request, NULL, NULL, &answer, err);
    json_decref(request);
    if (rc < 0)
        return rc;
    snprintf(code, 256, "%s", json_string_value(json_object_get(answer, "code")));
    json_decref(answer);
    return 0;
}

int command_simulate(int argc, char **argv)
{
    int n_words = 0;
    struct err err = {0};
    struct config *config =
        command_parse(argc, argv, "simulate --project P --annotators FILE --items FILE", settings, &n_words);
    struct client *client = NULL;
    struct simulate_result result = {0};
    char code[256];
    int64_t seed = 0;
    int status = 0;
    struct simulate_options options = {.url = config_text(config, "url"),
        .code = code,
        .project_id = config_text(config, "project"),
        .annotators = config_text(config, "annotators"),
        .items = config_text(config, "items")};
    if (n_words > 0 || options.project_id == NULL || options.annotators == NULL || options.items == NULL) {
        fprintf(stderr, "plenum simulate: needs --project, --annotators and --items; see --help\n");
        config_free(config);
        return 2;
    }
    if (config_number(config, "seed", 0, INT64_MAX, &seed, &err) < 0 ||
        client_from_config(config, &client, &err) < 0 ||
        invite(client, options.project_id, options.annotators, code, &err) < 0)
        status = command_fail("simulate", &err);
    options.seed = (uint64_t)seed;
    if (status == 0 && simulate_run(&options, &result, &err) < 0)
        status = command_fail("simulate", &err);
    if (status == 0)
        printf("{\"annotators\":%lld,\"judgments\":%lld}\n", (long long)result.n_annotators,
            (long long)result.n_judgments);
    client_free(client);
    config_free(config);
    return status;
}
