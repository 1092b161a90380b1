#include "reward/jury.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- one kind of juror --------------------------------------------------------------------------------------------------
static double expected(const struct jury *jury, uint32_t pool, const double *x)
{
    double sum = 0;
    for (uint32_t k = 0; k < jury->n_basis; k++)
        sum += jury->pools[pool].mean[k] * x[k];
    return sum;
}

static double variance(const struct jury *jury, uint32_t pool, const double *x)
{
    const double *covariance = jury->pools[pool].covariance;
    double sum = 0;
    for (uint32_t i = 0; i < jury->n_basis; i++) {
        for (uint32_t j = 0; j < jury->n_basis; j++)
            sum += x[i] * covariance[i * jury->n_basis + j] * x[j];
    }
    return fmax(sum, 0);
}

static double chance_above_zero(double mean, double spread)
{
    if (spread > 0)
        return erfc(-mean / spread / sqrt(2)) / 2;
    return mean > 0 ? 1 : mean < 0 ? 0 : 0.5;
}

double jury_majority(const double *p, size_t n)
{
    double yes[JURY_SEATS_MAX + 1] = {1}, sum = 0;
    assert(n <= JURY_SEATS_MAX);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k > 0; k--)
            yes[k] = yes[k] * (1 - p[i]) + yes[k - 1] * p[i];
        yes[0] *= 1 - p[i];
    }
    for (size_t k = n / 2 + 1; k <= n; k++)
        sum += yes[k];
    return fmin(sum, 1);
}

// --- drawn juries -------------------------------------------------------------------------------------------------------
// The lower factor of a pool's covariance; a direction without spread stays without.
static void factor(const struct jury *jury, uint32_t pool, double *lower)
{
    uint32_t k = jury->n_basis;
    const double *covariance = jury->pools[pool].covariance;
    memset(lower, 0, (size_t)k * k * sizeof(*lower));
    for (uint32_t i = 0; i < k; i++) {
        for (uint32_t j = 0; j <= i; j++) {
            double sum = covariance[i * k + j];
            for (uint32_t m = 0; m < j; m++)
                sum -= lower[i * k + m] * lower[j * k + m];
            if (i == j)
                lower[i * k + i] = sqrt(fmax(sum, 0));
            else
                lower[i * k + j] = lower[j * k + j] > 1e-12 ? sum / lower[j * k + j] : 0;
        }
    }
}

// The coefficients of a whole jury, added up.
static void draw_jury(const struct jury *jury, const struct jury_seats *seats, size_t n_seats,
    const double *factors, struct rng *rng, double *ret_sum)
{
    uint32_t k = jury->n_basis;
    memset(ret_sum, 0, k * sizeof(*ret_sum));
    for (size_t s = 0; s < n_seats; s++) {
        const double *lower = factors + s * k * k;
        for (uint32_t seat = 0; seat < seats[s].count; seat++) {
            double z[JURY_BASIS_MAX];
            for (uint32_t i = 0; i < k; i++) {
                z[i] = rng_normal(rng);
                ret_sum[i] += jury->pools[seats[s].pool].mean[i];
                for (uint32_t j = 0; j <= i; j++)
                    ret_sum[i] += lower[i * k + j] * z[j];
            }
        }
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void draw(const struct jury *jury, const double *basis, size_t n, const struct jury_seats *seats,
    uint32_t draws, uint64_t seed, struct arena *arena, struct jury_verdict *verdict)
{
    uint32_t k = jury->n_basis;
    double *factors = arena_alloc(arena, (size_t)verdict->n_seats * k * k * sizeof(*factors));
    double *means = arena_alloc(arena, n * draws * sizeof(*means)), sum[JURY_BASIS_MAX];
    struct rng rng;
    rng_seed(&rng, seed);
    for (uint32_t s = 0; s < verdict->n_seats; s++)
        factor(jury, seats[s].pool, factors + (size_t)s * k * k);
    for (uint32_t d = 0; d < draws; d++) {
        size_t best = 0;
        draw_jury(jury, seats, verdict->n_seats, factors, &rng, sum);
        for (size_t i = 0; i < n; i++) {
            double mean = 0;
            for (uint32_t b = 0; b < k; b++)
                mean += sum[b] * basis[i * k + b];
            means[i * draws + d] = mean / verdict->n_jurors;
            if (means[i * draws + d] > means[best * draws + d])
                best = i;
        }
        verdict->chosen[best] += 1.0 / draws;
    }
    for (size_t i = 0; i < n; i++) {
        double *own = means + i * draws;
        qsort(own, draws, sizeof(*own), by_size);
        verdict->median[i] = (own[(draws - 1) / 2] + own[draws / 2]) / 2;
    }
}

// --- the verdict --------------------------------------------------------------------------------------------------------
static int check_seats(const struct jury *jury, const struct jury_seats *seats, size_t n_seats,
    uint32_t *ret_jurors, struct err *err)
{
    uint64_t total = 0;
    for (size_t s = 0; s < n_seats; s++) {
        if (seats[s].pool >= jury->n_pools)
            return err_set(err, ERR_INVALID, "there is no pool %u", seats[s].pool);
        for (size_t t = 0; t < s; t++) {
            if (seats[t].pool == seats[s].pool)
                return err_set(err, ERR_INVALID, "seats for %s = %s stand here twice",
                    jury->pools[seats[s].pool].attribute, jury->pools[seats[s].pool].value);
        }
        total += seats[s].count;
    }
    if (total < 1 || total > JURY_SEATS_MAX)
        return err_set(err, ERR_INVALID, "a jury has 1 to %d seats", JURY_SEATS_MAX);
    *ret_jurors = (uint32_t)total;
    return 0;
}

// Of one candidate: what its seats say, and how sure that is.
static void judge(const struct jury *jury, const double *x, const struct jury_seats *seats,
    struct jury_verdict *verdict, size_t i)
{
    double p[JURY_SEATS_MAX], sum = 0, squares = 0;
    size_t n = 0;
    for (uint32_t s = 0; s < verdict->n_seats; s++) {
        double mean = expected(jury, seats[s].pool, x), v = variance(jury, seats[s].pool, x);
        verdict->by_seat[i * verdict->n_seats + s] = mean;
        sum += seats[s].count * mean;
        squares += seats[s].count * v;
        for (uint32_t seat = 0; seat < seats[s].count; seat++)
            p[n++] = chance_above_zero(mean, sqrt(v));
    }
    verdict->score[i] = sum / verdict->n_jurors;
    verdict->spread[i] = sqrt(squares) / verdict->n_jurors;
    verdict->majority[i] = jury_majority(p, n);
}

int jury_verdict(const struct jury *jury, const double *basis, size_t n, const struct jury_seats *seats,
    size_t n_seats, uint32_t draws, uint64_t seed, struct arena *arena, struct jury_verdict *verdict,
    struct err *err)
{
    *verdict = (struct jury_verdict){.n_seats = (uint32_t)n_seats};
    int rc = check_seats(jury, seats, n_seats, &verdict->n_jurors, err);
    if (rc < 0)
        return rc;
    verdict->score = arena_calloc(arena, n, sizeof(double));
    verdict->spread = arena_calloc(arena, n, sizeof(double));
    verdict->majority = arena_calloc(arena, n, sizeof(double));
    verdict->by_seat = arena_calloc(arena, n * n_seats, sizeof(double));
    verdict->order = arena_calloc(arena, n, sizeof(uint32_t));
    for (size_t i = 0; i < n; i++) {
        judge(jury, basis + i * jury->n_basis, seats, verdict, i);
        size_t place = i;
        for (; place > 0 && verdict->score[verdict->order[place - 1]] < verdict->score[i]; place--)
            verdict->order[place] = verdict->order[place - 1];
        verdict->order[place] = (uint32_t)i;
    }
    if (draws == 0)
        return 0;
    verdict->median = arena_calloc(arena, n, sizeof(double));
    verdict->chosen = arena_calloc(arena, n, sizeof(double));
    draw(jury, basis, n, seats, draws < JURY_DRAWS_MAX ? draws : JURY_DRAWS_MAX, seed, arena, verdict);
    return 0;
}

// --- what would turn it -------------------------------------------------------------------------------------------------
struct turning {
    const uint32_t *kinds;
    size_t n_kinds;
    double *liking;   // of each kind: how much better they find the rival
    uint32_t *seated; // of each kind, as it is and as it becomes
    uint32_t *before;
};

// How many seats have to move, UINT32_MAX: no number does.
static uint32_t move_seats(struct turning *turning)
{
    uint32_t moved = 0;
    double sum = 0;
    for (size_t k = 0; k < turning->n_kinds; k++) {
        turning->seated[k] = turning->before[k];
        sum += turning->before[k] * turning->liking[k];
    }
    size_t most = 0;
    for (size_t k = 1; k < turning->n_kinds; k++)
        most = turning->liking[k] > turning->liking[most] ? k : most;
    while (sum < 0) {
        size_t least = SIZE_MAX;
        for (size_t k = 0; k < turning->n_kinds; k++) {
            if (turning->seated[k] > 0 && (least == SIZE_MAX || turning->liking[k] < turning->liking[least]))
                least = k;
        }
        if (least == SIZE_MAX || !(turning->liking[least] < turning->liking[most]))
            return UINT32_MAX;
        // As many as it takes, or all that sit there.
        double gain = turning->liking[most] - turning->liking[least];
        uint32_t needed = (uint32_t)fmin(ceil(-sum / gain), turning->seated[least]);
        turning->seated[least] -= needed;
        turning->seated[most] += needed;
        sum += needed * gain;
        moved += needed;
    }
    return moved;
}

static void write_moves(const struct turning *turning, struct arena *arena, struct jury_turn *turn)
{
    size_t to = 0;
    turn->n_moves = 0;
    turn->moves = arena_calloc(arena, turning->n_kinds, sizeof(*turn->moves));
    for (size_t k = 0; k < turning->n_kinds; k++) {
        if (turning->seated[k] > turning->before[k])
            to = k;
    }
    for (size_t k = 0; k < turning->n_kinds; k++) {
        if (turning->seated[k] < turning->before[k])
            turn->moves[turn->n_moves++] = (struct jury_move){.from = turning->kinds[k],
                .to = turning->kinds[to],
                .count = turning->before[k] - turning->seated[k]};
    }
}

bool jury_turn(const struct jury *jury, const double *basis, size_t n, const struct jury_seats *seats,
    size_t n_seats, const uint32_t *kinds, size_t n_kinds, struct arena *arena, struct jury_turn *ret_turn)
{
    struct turning turning = {.kinds = kinds,
        .n_kinds = n_kinds,
        .liking = arena_calloc(arena, n_kinds, sizeof(double)),
        .seated = arena_calloc(arena, n_kinds, sizeof(uint32_t)),
        .before = arena_calloc(arena, n_kinds, sizeof(uint32_t))};
    size_t best = 0;
    double best_score = -INFINITY, difference[JURY_BASIS_MAX];
    for (size_t k = 0; k < n_kinds; k++) {
        for (size_t s = 0; s < n_seats; s++)
            turning.before[k] += seats[s].pool == kinds[k] ? seats[s].count : 0;
    }
    for (size_t i = 0; i < n; i++) {
        double score = 0;
        for (size_t s = 0; s < n_seats; s++)
            score += seats[s].count * expected(jury, seats[s].pool, basis + i * jury->n_basis);
        if (score > best_score) {
            best = i;
            best_score = score;
        }
    }
    ret_turn->n_seats = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        for (uint32_t b = 0; b < jury->n_basis; b++)
            difference[b] = basis[i * jury->n_basis + b] - basis[best * jury->n_basis + b];
        for (size_t k = 0; k < n_kinds; k++)
            turning.liking[k] = expected(jury, kinds[k], difference);
        uint32_t needed = i == best ? UINT32_MAX : move_seats(&turning);
        if (needed < ret_turn->n_seats) {
            *ret_turn = (struct jury_turn){.candidate = (uint32_t)i, .n_seats = needed};
            write_moves(&turning, arena, ret_turn);
        }
    }
    return ret_turn->n_seats != UINT32_MAX;
}
