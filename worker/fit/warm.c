// A refit begins where the model before it ended, and keeps what that one chose: lambda, the scale of each group's offsets, how many
// clusters there are. So it is a few passes where a fit from nothing is a search, and ends in the same optimum of the same problem.
// What was chosen is chosen anew when the data have grown by half since, when they have drifted (drift.c), when a cluster is
// lost, or when the earlier model is of another method, attribute or features.
#include "worker/fit/session.h"

#include "reward/artefact.h"

#include <string.h>

#define GROWN 1.5

uint32_t session_warm_clusters(const struct artefact *artefact)
{
    uint32_t n = 0;
    while (n + 1 < artefact->n_heads && artefact->heads[n + 1].attribute[0] == '\0' &&
           strncmp(artefact->heads[n + 1].value, "cluster ", strlen("cluster ")) == 0)
        n++;
    return n;
}

static bool same_features(const struct session *session, const struct artefact *artefact)
{
    const struct design *design = &session->design;
    if (design->dense == NULL)
        return artefact->features == ARTEFACT_HASHED_TEXT &&
               artefact_text_version(artefact) == design->text_version;
    return artefact->features == ARTEFACT_EMBEDDING && artefact->n_dimensions == design->n_columns &&
           artefact->normalise == session->data->normalise_embeddings;
}

// The attribute whose groups have heads must be the one asked for; nobody's have any where none is.
static bool same_attribute(const struct session *session, const struct artefact *artefact)
{
    const char *asked = session->options->attribute != NULL ? session->options->attribute : "";
    for (uint32_t h = 1; h < artefact->n_heads; h++) {
        const char *of = artefact->heads[h].attribute;
        if (of[0] != '\0' && strcmp(of, asked) != 0)
            return false;
    }
    return true;
}

static const char *why_cold(struct session *session)
{
    const struct fit_options *options = session->options;
    const struct artefact *artefact = options->predecessor;
    if (artefact->training == NULL)
        return "not_told";
    if (strcmp(artefact->method, fit_method_name(options->method)) != 0 ||
        (options->method == FIT_JURY && artefact->jury == NULL))
        return "other_method";
    if (!same_attribute(session, artefact))
        return "other_attribute";
    if (!same_features(session, artefact))
        return "other_features";
    if (options->split != artefact->split || (options->clusters > 0 && options->method == FIT_MAXMIN &&
                                                 options->clusters != session_warm_clusters(artefact)))
        return "other_options";
    if (session->n_said > GROWN * artefact->training->n_cold)
        return "grown";
    return session_drifted(session) ? "drift" : NULL;
}

int session_start(struct session *session, struct err *err)
{
    const struct artefact *artefact = session->options->predecessor;
    session->start = "first";
    if (artefact == NULL)
        return 0;
    if (session->options->method == FIT_COMPLIANCE)
        return err_set(err, ERR_INVALID, "a fit by compliance begins from no other model");
    session_progress(session, "warm", 0.1);
    session->start = why_cold(session);
    session->warm = session->start == NULL ? artefact : NULL;
    return 0;
}

void session_cool(struct session *session, const char *why)
{
    session->warm = NULL;
    session->start = why;
}

static float weight_of(const struct artefact *artefact, uint32_t row, uint32_t head)
{
    return artefact->weights[(size_t)row * artefact->n_heads + head];
}

double *session_warm_head(struct session *session, uint32_t head)
{
    const struct artefact *artefact = session->options->predecessor;
    const struct design *design = &session->design;
    double *w = arena_calloc(session->arena, design->n_columns, sizeof(*w));
    double s = artefact->heads[head].shrinkage;
    uint32_t row = 0;
    for (uint32_t c = 0; c < design->n_columns; c++) {
        uint32_t feature = design->column_index != NULL ? design->column_index[c] : c;
        while (artefact->row_index != NULL && row < artefact->n_rows && artefact->row_index[row] < feature)
            row++;
        uint32_t at = artefact->row_index != NULL ? row : feature;
        if (at >= artefact->n_rows || (artefact->row_index != NULL && artefact->row_index[at] != feature))
            continue;
        double own = (double)weight_of(artefact, at, head), pooled = (double)weight_of(artefact, at, 0);
        w[c] = s > 0 && s < 1 ? (own - s * pooled) / (1 - s) : own;
    }
    return w;
}

uint32_t session_warm_group(const struct session *session, const char *attribute, const char *value)
{
    for (uint32_t h = 1; h < session->warm->n_heads; h++) {
        const struct artefact_head *head = &session->warm->heads[h];
        if (strcmp(head->attribute, attribute) == 0 && strcmp(head->value, value) == 0)
            return h;
    }
    return FIT_NO_GROUP;
}
