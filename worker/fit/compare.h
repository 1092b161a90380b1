// Any two models on the same held-out judgments, paired: those of test prompts that neither has learnt from (an artefact says from which
// order of prompts on it has held out; fits of a study cut their splits from one order). Each annotator is foretold as the model would
// serve them: by the head of their group; by the clusters that their other judgments speak for; else by the one head. Intervals are over
// annotators. Dimensions and articles that both foretell are compared on their ratings. Pure, as fit.h.
#ifndef WORKER_FIT_COMPARE_H
#define WORKER_FIT_COMPARE_H

#include "reward/artefact.h"
#include "worker/fit/fit.h"

// The result is a card alone: {method: "compare", models, n, n_annotators, all, a, b, groups, languages, objectives, statement}. Gains are of
// b over a. ERR_INVALID says why they can't be compared on these data.
int compare_run(const struct fit_data *data, const struct artefact *a, const struct artefact *b,
    const struct fit_options *options, struct fit_result *ret_result, struct err *err) MUST_CHECK;

#endif
