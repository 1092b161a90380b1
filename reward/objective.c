#include "reward/objective.h"

#include <math.h>

#define ONE_SIDED_95 1.6448536269514722

static double sigmoid(double z)
{
    double e = exp(-fabs(z));
    return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}

// A logistic curve averaged over a normal spread is nearly a flatter one (MacKay 1992).
static double flattened(double spread)
{
    return 1 / sqrt(1 + 3.14159265358979323846 / 8 * spread);
}

void objective_chances(const struct objective *objective, double score, double *ret_chance)
{
    double scale = flattened(objective->spread), below = 0;
    for (uint32_t l = 0; l < objective->n_levels; l++) {
        double up_to = l + 1 < objective->n_levels ? sigmoid(scale * (objective->threshold[l] - score)) : 1;
        ret_chance[l] = fmax(up_to - below, 0);
        below = up_to;
    }
}

double objective_mean(const struct objective *objective, double score)
{
    double chance[OBJECTIVE_LEVELS_MAX], mean = 0;
    objective_chances(objective, score, chance);
    for (uint32_t l = 0; l < objective->n_levels; l++)
        mean += chance[l] * objective->value[l];
    return mean;
}

double objective_deviation(const struct objective *objective, double score)
{
    double chance[OBJECTIVE_LEVELS_MAX], mean = objective_mean(objective, score), squares = 0;
    objective_chances(objective, score, chance);
    for (uint32_t l = 0; l < objective->n_levels; l++)
        squares += chance[l] * (objective->value[l] - mean) * (objective->value[l] - mean);
    return sqrt(squares);
}

void objective_compliance(const struct objective *objective, const struct objective_group *group,
    double score, struct objective_share *ret_share)
{
    double scale = flattened(objective->spread), z = score - objective->threshold[0];
    double variance = objective->residual + group->covariance[0] + 2 * group->covariance[1] * score +
                      group->covariance[2] * score * score;
    double width = ONE_SIDED_95 * sqrt(fmax(variance, 0));
    // The mean over what is not known of the response is nearer to one half than its middle is.
    double known = 1 / sqrt(1 + 3.14159265358979323846 / 8 * (objective->spread + fmax(variance, 0)));
    *ret_share = (struct objective_share){.share = sigmoid(known * z),
        .low = sigmoid(scale * (z - width)),
        .high = sigmoid(scale * (z + width))};
}
