// Compliance: heads of articles alone (objectives.h). The model's own score, for whoever asks for no article, is the mean of their log-odds.
#include "worker/fit/objectives.h"

#include <string.h>

static void mean_of_articles(struct session *session, struct head *all)
{
    uint32_t d = session->design.n_columns, n = session->n_objectives;
    for (uint32_t i = 0; i < n; i++) {
        const struct objective *one = &session->objectives[i];
        const double *w = session->heads[one->groups[0].head].w;
        for (uint32_t c = 0; c < d; c++)
            all->w[c] += w[c] / n;
        all->about.centre += one->threshold[0] / n;
        all->about.n_judgments += one->groups[0].n_ratings;
    }
}

static void count_people(struct session *session, struct head *all)
{
    const struct fit_data *data = session->data;
    bool *seen = arena_calloc(session->arena, data->n_annotators, sizeof(*seen));
    for (uint32_t i = 0; i < data->n_objective_ratings; i++)
        seen[data->objective_annotator[i]] =
            seen[data->objective_annotator[i]] || strncmp(data->objective_name[data->objective_number[i]],
                                                      OBJECTIVE_ARTICLE, strlen(OBJECTIVE_ARTICLE)) == 0;
    for (uint32_t a = 0; a < data->n_annotators; a++)
        all->about.n_annotators += seen[a];
}

int session_fit_compliance(struct session *session, struct err *err)
{
    struct head *all = &session->heads[session->n_heads++];
    *all = (struct head){.w = arena_calloc(session->arena, session->design.n_columns, sizeof(double)),
        .about = {.attribute = "", .value = "all", .share = 1, .tau = 1}};
    session->first_own = session->n_preference = session->n_heads;
    session_progress(session, "compliance", 0.1);
    session_fit_objectives(session);
    if (session->n_objectives == 0) {
        const json_t *first = json_array_get(json_object_get(session->objectives_card, "not_fitted"), 0);
        const char *reason = json_string_value(json_object_get(first, "reason"));
        if (reason == NULL)
            return err_set(err, ERR_INVALID, "nobody was asked whether responses comply with an article");
        return err_set(err, ERR_INVALID, "no article can be fitted; of %s: %s",
            json_string_value(json_object_get(first, "name")), reason);
    }
    mean_of_articles(session, all);
    count_people(session, all);
    session->calibrated = true;
    session->n_test = session->n_answers;
    return 0;
}
