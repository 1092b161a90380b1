// Opinion groups and consensus of a conversation: votes in, result out. The mathematics of Polis (Small et al. 2021; each
// formula at its function, checked against the engine: docs/opinion.md), and what it doesn't show: how stable the groups are,
// bridging, brigades, consensus by declared group. Pure: no file, no log, no global state, no thread.
//
// A `struct opinion` holds the votes and where the last fit stood. It belongs to one thread at a time. The first fit is cold
// (two passes from a fixed start: what Polis's engine has after its second update; one pass above 10,000 people, where it
// takes samples); each later one is warm: one pass that
// starts where the last one stood. What comes out depends on the votes in their order, the moderation and the chain of fits
// only: not on how many votes came at a time, nor on whether the state was kept in memory or restored. On one kind of machine
// the same chain gives the same bytes.
#ifndef WORKER_OPINION_OPINION_H
#define WORKER_OPINION_OPINION_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

enum {
    OPINION_VOTES_MAX = 500 * 1000 * 1000,
    OPINION_PARTICIPANTS_MAX = 10 * 1000 * 1000,
    OPINION_STATEMENTS_MAX = 100 * 1000,
    OPINION_GROUPS_MAX = 5,
    OPINION_SHOWN_MAX = 5,       // representative statements a group, consensus statements a side
    OPINION_DECLARED_LEAST = 10, // people in a declared group, or it is not shown
    OPINION_HASH_BYTES = 32,
    OPINION_STATE_VERSION = 1,
};

// Columns of n votes in their order. Ids are the caller's numbers. All arrays are only read.
struct opinion_votes {
    uint32_t n;
    const uint64_t *participant, *statement;
    const int8_t *vote;     // 1 agree, 0 pass, -1 disagree: as in Polis's exports
    const int64_t *time_ms; // only opinion_brigades reads it; else it may be NULL
};

enum opinion_moderation {
    OPINION_SHOWN,
    OPINION_OUT, // 0 for everybody in the components; never representative or consensus; its votes are still counted
    OPINION_META, // the same, and everybody is asked it first
};

struct opinion;

struct opinion *opinion_new(void);
void opinion_free(struct opinion *opinion); // NULL is allowed
// ERR_INVALID: a vote that is none (nothing of this call is added). ERR_LIMIT: too many.
int opinion_add(struct opinion *opinion, const struct opinion_votes *votes, struct err *err) MUST_CHECK;
// The statement may be without votes yet.
void opinion_moderate(struct opinion *opinion, uint64_t statement, enum opinion_moderation moderation);
uint64_t opinion_n_votes(const struct opinion *opinion); // that were added, replaced ones too
void opinion_start_over(struct opinion *opinion);        // the next fit is cold

struct opinion_counts {
    uint32_t agrees, disagrees, votes; // votes: passes too
};

struct opinion_group {
    uint32_t id, size; // people
    double x, y;
    uint32_t n_representative;
    struct opinion_representative {
        uint32_t statement; // index
        bool agree;         // else people of the group disagree
        bool best_agree;    // put first because they agree, whatever the tests said
        uint32_t n_success, n_trials;
        double p_success, p_test, repness, repness_test;
    } representative[OPINION_SHOWN_MAX];
};

struct opinion_statement {
    uint64_t id;
    enum opinion_moderation moderation;
    struct opinion_counts all;    // everybody
    struct opinion_counts inside; // people who are in a group
    struct opinion_counts group[OPINION_GROUPS_MAX];
    double mean, x, y, extremity;
    double group_informed_consensus, priority;
};

struct opinion_consensus {
    uint32_t statement; // index
    uint32_t n_success, n_trials;
    double p_success, p_test;
};

struct opinion_result {
    bool warm;
    uint32_t n_participants, n_statements, n_inside, k, n_base;
    uint64_t n_votes;
    uint64_t *participant;                           // ids
    int32_t *group_of;                               // index of the group; -1: too few votes
    double *x, *y;                                   // of participants
    struct opinion_group groups[OPINION_GROUPS_MAX]; // k of them
    struct opinion_statement *statements;
    double silhouette[OPINION_GROUPS_MAX + 1]; // of k = 2 .. 5; NaN is never here: 0 where k was not tried
    uint32_t n_consensus_agree, n_consensus_disagree;
    struct opinion_consensus consensus_agree[OPINION_SHOWN_MAX], consensus_disagree[OPINION_SHOWN_MAX];
    uint32_t iterations[2];                             // of the power iteration, over all passes
    unsigned char votes_hash[OPINION_HASH_BYTES];       // of the votes
    unsigned char predecessor_hash[OPINION_HASH_BYTES]; // of the state it started from; zeros when cold
    unsigned char state_hash[OPINION_HASH_BYTES];       // of the state it leaves: the result's name
};

// Memory of the result is the arena's. Without votes the result is empty (k = 0).
void opinion_fit(struct opinion *opinion, struct arena *arena, struct opinion_result *ret_result);

// Where the last fit stood, as bytes: to name a predecessor, and to go on in another process.
void opinion_save(const struct opinion *opinion, struct buf *out);
// `opinion` holds exactly the votes that were there at opinion_save. ERR_INVALID: no such bytes, or of another version;
// ERR_CONFLICT: other votes.
int opinion_restore(struct opinion *opinion, const void *state, size_t size, struct err *err) MUST_CHECK;

// --- the next statement ----------------------------------------------------------------------------------------------
// [(1 - p) (E + 1) a (1 + 8 2^(-S / 5))]^2, p = (S - A - D + 1) / (S + 2), a = (A + 1) / (S + 2); 49 for a meta statement.
double opinion_priority(struct opinion_counts counts, double extremity, bool meta);
// One of n, each with probability proportional to its priority; `uniform` in [0, 1). Returns n when none has any.
uint32_t opinion_draw(const double *priority, uint32_t n, double uniform, double *ret_probability);

// --- consensus by declared group ---------------------------------------------------------------------------------------
// Product over declared groups of (A + 1) / (S + 2), as for opinion groups. `group[participant]` < n_groups or UINT32_MAX.
// Groups of fewer than OPINION_DECLARED_LEAST people are left out; ret_n_groups says how many are in. ret_consensus: one a
// statement of the result, 0 where no group is in. ret_counts (may be NULL): n_statements x n_groups, zeros where left out.
void opinion_declared(const struct opinion *opinion, const uint32_t *group, uint32_t n_groups,
    double *ret_consensus, struct opinion_counts *ret_counts, uint32_t *ret_n_groups);

// --- how stable the groups are --------------------------------------------------------------------------------------------
// Adjusted Rand index between the result's groups and those of cold fits of resampled people (drawn with replacement, so that
// order, weights and who is missing all change), over the people drawn who are in a group both times.
#define OPINION_STABLE_LEAST 0.6
struct opinion_stability {
    uint32_t n_resamples;
    double mean, low, high; // 5th and 95th percentile
    double same_k;          // share of resamples that chose the same k
    bool warning;           // mean < OPINION_STABLE_LEAST, or nothing to compare
};
void opinion_stability(const struct opinion *opinion, const struct opinion_result *result,
    uint32_t n_resamples, uint64_t seed, struct opinion_stability *ret_stability);
// Of two labellings of n people; those with a negative label in either are left out. 1 when both say the same; 0 is chance.
double opinion_adjusted_rand(const int32_t *a, const int32_t *b, uint32_t n);

// --- bridging --------------------------------------------------------------------------------------------------------------
// Community Notes (Wojcik et al. 2022): r = mu + i_u + i_n + f_u f_n, r = 1 agree, 0.5 pass, 0 disagree. See bridging.c.
struct opinion_bridging {
    double mu;
    uint32_t n_sweeps;
    bool converged;
    double *intercept, *factor; // of statements: the bridging score is mu + intercept
    double *person_intercept, *person_factor;
    // Net support (agrees - disagrees over votes) among people with factor below 0, and above 0; 0 without votes.
    double *support_below, *support_above;
};
void opinion_bridge(
    const struct opinion *opinion, struct arena *arena, struct opinion_bridging *ret_bridging);

// --- brigades ----------------------------------------------------------------------------------------------------------------
struct opinion_brigades {
    uint32_t n_pairs, n_cliques, n_correlated,
        n_active;        // pairs over the line; people in cliques; the most active left out
    uint32_t *clique_of; // of participants; 0: none, else 1 ..
    bool *active;        // among the 0.1 % most active
    uint64_t n_votes_left_out;
    struct opinion_result refit; // without both
    double agreement;            // adjusted Rand index of the groups, refit to result
    bool *survives;              // of statements: consensus of the result that is consensus of the refit too
    uint32_t n_survive;
};
// `log`: all votes that were added, with times. ERR_INVALID: other votes, or no times. ERR_LIMIT: too many pairs of people
// voted together to be counted.
int opinion_brigades(const struct opinion *opinion, const struct opinion_result *result,
    const struct opinion_votes *log, struct arena *arena, struct opinion_brigades *ret_brigades,
    struct err *err) MUST_CHECK;

#endif
