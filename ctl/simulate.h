// Simulated annotators with stated tastes: each joins by the invitation, answers (or not) its planted demographics,
// takes assignments through the public API like anybody and judges by its utility. Only in projects marked simulated.
#ifndef CTL_SIMULATE_H
#define CTL_SIMULATE_H

#include "base/err.h"

struct simulate_options {
    const char *url;  // the coordinator
    const char *code; // an invitation of the project, with uses enough
    const char *project_id;
    const char
        *annotators;   // file: {judgments_each, annotators: [{name, tastes, noise, language, demographics}]}
    const char *items; // file of item lines whose responses carry `meta` (the axes)
    uint64_t seed;
};

struct simulate_result {
    int64_t n_annotators, n_judgments;
};

// Utility u = sum over axes of taste * meta; left wins with probability 1 / (1 + exp(-(u_left - u_right) / noise)), orders are those
// of Plackett and Luce by u / noise, ratings the logistic of u / noise with Gumbel noise, over the scale. ERR_INVALID for a chat, and
// a task that requires words, labels or edits: tastes say nothing of them.
int simulate_run(
    const struct simulate_options *options, struct simulate_result *ret_result, struct err *err) MUST_CHECK;

#endif
