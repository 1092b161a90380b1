// People who vote together: on at least 10 statements the same vote within 20 minutes of each other, far more often than their
// numbers of votes explain: smoothed NPMI >= 0.55, as Community Notes' post-selection similarity:
//   NPMI = log(c N / ((a + s) (b + s))) / -log(c / N),
// c statements together, a and b the two people's votes, N all votes. Its s is 500, on its own scale; here it is the mean
// number of votes a person. Raters there come for years; here most people vote in one sitting, and any two who sat at the same
// hour would be found. So a pair must have done it again and again, on three occasions an hour apart, and twice as often as
// the crowd explains: the sum, over statements on which both voted, of the share of the others who gave the same vote
// within 20 minutes of them. Those whom such pairs join count as one: of each clique the first vote on a statement.
#include "worker/opinion/state.h"

#include "worker/opinion/consensus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    TOGETHER_MS = 20 * 60 * 1000,
    TOGETHER_LEAST = 10,
    APART_MS = 60 * 60 * 1000,
    OCCASIONS_LEAST = 3,
    MEETINGS_MAX = 500 * 1000 * 1000, // votes near each other that are looked at
    PAIRS_MAX = 50 * 1000 * 1000,
    ACTIVE_ONE_IN = 1000,
};
#define NPMI_LEAST 0.55
#define TIMES_THE_CROWD 2.0

static void *take(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

// The votes that count, by statement, then by time.
struct cast {
    int64_t time_ms;
    uint32_t row, column, at; // `at`: in the log
    int8_t vote;
    double crowd; // the share of the others on the statement who gave the same vote within 20 minutes
};

static int compare_casts(const void *a, const void *b)
{
    const struct cast *one = a, *other = b;
    if (one->column != other->column)
        return one->column < other->column ? -1 : 1;
    if (one->time_ms != other->time_ms)
        return one->time_ms < other->time_ms ? -1 : 1;
    return (one->at > other->at) - (one->at < other->at);
}

static int compare_persons(const void *a, const void *b)
{
    const struct cast *one = a, *other = b;
    if (one->column != other->column)
        return one->column < other->column ? -1 : 1;
    if (one->row != other->row)
        return one->row < other->row ? -1 : 1;
    return (one->at > other->at) - (one->at < other->at);
}

static struct cast *casts_of(const struct votes *votes, const struct opinion_votes *log, uint32_t *ret_n)
{
    struct cast *casts = take(log->n, sizeof(*casts));
    uint32_t n = 0;
    for (uint32_t i = 0; i < log->n; i++)
        casts[i] = (struct cast){.time_ms = log->time_ms[i],
            .row = (uint32_t)ids_find(&votes->row_ids, log->participant[i]),
            .column = (uint32_t)ids_find(&votes->column_ids, log->statement[i]),
            .at = i,
            .vote = log->vote[i]};
    qsort(casts, log->n, sizeof(*casts), compare_persons);
    for (uint32_t i = 0; i < log->n; i++) {
        bool last =
            i + 1 == log->n || casts[i + 1].column != casts[i].column || casts[i + 1].row != casts[i].row;
        if (last)
            casts[n++] = casts[i];
    }
    qsort(casts, n, sizeof(*casts), compare_casts);
    *ret_n = n;
    return casts;
}

// One statement's votes, `n` sorted by time.
static void find_crowd(struct cast *casts, uint32_t n)
{
    uint32_t near[3] = {0}, from = 0, to = 0;
    for (uint32_t i = 0; i < n; i++) {
        for (; to < n && casts[to].time_ms - casts[i].time_ms <= TOGETHER_MS; to++)
            near[casts[to].vote + 1]++;
        for (; casts[i].time_ms - casts[from].time_ms > TOGETHER_MS; from++)
            near[casts[from].vote + 1]--;
        casts[i].crowd = n > 1 ? (double)(near[casts[i].vote + 1] - 1) / (n - 1) : 0;
    }
}

// The votes of each person, by statement: row r's are by_row[begin[r]] .. by_row[begin[r + 1]].
struct crowd {
    uint32_t *begin;
    const struct cast **by_row;
};

static struct crowd crowd_new(const struct votes *votes, struct cast *casts, uint32_t n)
{
    struct crowd crowd = {
        take((size_t)votes->n_rows + 1, sizeof(*crowd.begin)), take(n, sizeof(*crowd.by_row))};
    uint32_t *at = take(votes->n_rows, sizeof(*at));
    for (uint32_t i = 0, next; i < n; i = next) {
        for (next = i; next < n && casts[next].column == casts[i].column; next++)
            crowd.begin[casts[next].row + 1]++;
        find_crowd(casts + i, next - i);
    }
    for (uint32_t r = 0; r < votes->n_rows; r++) {
        crowd.begin[r + 1] += crowd.begin[r];
        at[r] = crowd.begin[r];
    }
    for (uint32_t i = 0; i < n; i++)
        crowd.by_row[at[casts[i].row]++] = &casts[i];
    free(at);
    return crowd;
}

static int compare_times(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

// Of two people: how often the crowd alone would have had them vote together, and on how many occasions they did.
static double explained_by_the_crowd(
    const struct crowd *crowd, uint32_t a, uint32_t b, uint32_t *ret_occasions)
{
    double sum = 0;
    uint32_t n = 0, most = crowd->begin[a + 1] - crowd->begin[a];
    int64_t *times = take(most, sizeof(*times));
    for (uint32_t i = crowd->begin[a], j = crowd->begin[b];
         i < crowd->begin[a + 1] && j < crowd->begin[b + 1];) {
        const struct cast *one = crowd->by_row[i], *other = crowd->by_row[j];
        if (one->column == other->column) {
            sum += (one->crowd + other->crowd) / 2;
            if (one->vote == other->vote && llabs(one->time_ms - other->time_ms) <= TOGETHER_MS)
                times[n++] = one->time_ms;
        }
        i += one->column <= other->column;
        j += other->column <= one->column;
    }
    qsort(times, n, sizeof(*times), compare_times);
    *ret_occasions = n > 0;
    for (uint32_t k = 1; k < n; k++)
        *ret_occasions += times[k] - times[k - 1] > APART_MS;
    free(times);
    return sum;
}

// --- pairs ---------------------------------------------------------------------------------------------------------
struct meetings {
    struct ids pairs; // lower row << 32 | higher
    uint32_t *count, capacity;
    uint64_t n_looked_at;
};

static int meet(struct meetings *meetings, uint32_t a, uint32_t b, struct err *err)
{
    uint64_t key = a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
    uint32_t place = ids_place(&meetings->pairs, key);
    if (place == meetings->capacity) {
        uint32_t n = meetings->capacity == 0 ? 1024 : 2 * meetings->capacity;
        meetings->count = reallocarray(meetings->count, n, sizeof(*meetings->count));
        if (meetings->count == NULL)
            abort();
        memset(meetings->count + meetings->capacity, 0, (n - meetings->capacity) * sizeof(*meetings->count));
        meetings->capacity = n;
    }
    meetings->count[place]++;
    return place >= PAIRS_MAX
               ? err_set(err, ERR_LIMIT, "more than %d pairs of people voted together", PAIRS_MAX)
               : 0;
}

static int find_meetings(const struct votes *votes, const struct cast *casts, uint32_t n,
    struct meetings *meetings, struct err *err)
{
    for (uint32_t i = 0; i < n; i++) {
        if (votes->rows[casts[i].row].n < TOGETHER_LEAST)
            continue;
        for (uint32_t j = i + 1; j < n && casts[j].column == casts[i].column &&
                                 casts[j].time_ms - casts[i].time_ms <= TOGETHER_MS;
             j++) {
            if (++meetings->n_looked_at > MEETINGS_MAX)
                return err_set(err, ERR_LIMIT, "more than %d votes were near each other", MEETINGS_MAX);
            if (casts[j].vote != casts[i].vote || votes->rows[casts[j].row].n < TOGETHER_LEAST)
                continue;
            int failed = meet(meetings, casts[i].row, casts[j].row, err);
            if (failed)
                return failed;
        }
    }
    return 0;
}

static double npmi(double together, double a, double b, double n, double smooth)
{
    if (together >= n)
        return 1;
    return log(together * n / ((a + smooth) * (b + smooth))) / -log(together / n);
}

static uint32_t root_of(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

// Joins the pairs over the line; cliques are numbered in the order of their first person.
static void join(const struct votes *votes, const struct meetings *meetings, const struct crowd *crowd,
    struct opinion_brigades *brigades)
{
    uint32_t n = votes->n_rows, *parent = take(n, sizeof(*parent)), *size = take(n, sizeof(*size)),
             *number = take(n, sizeof(*number));
    double all = (double)votes->n_cells, smooth = n > 0 ? all / n : 0;
    for (uint32_t i = 0; i < n; i++)
        parent[i] = i;
    for (uint32_t i = 0; i < meetings->pairs.capacity; i++) {
        if (meetings->pairs.place[i] == 0 || meetings->count[meetings->pairs.place[i] - 1] < TOGETHER_LEAST)
            continue;
        uint32_t a = (uint32_t)(meetings->pairs.key[i] >> 32), b = (uint32_t)meetings->pairs.key[i];
        double together = meetings->count[meetings->pairs.place[i] - 1];
        uint32_t occasions;
        if (npmi(together, votes->rows[a].n, votes->rows[b].n, all, smooth) < NPMI_LEAST)
            continue;
        if (together < TIMES_THE_CROWD * explained_by_the_crowd(crowd, a, b, &occasions) ||
            occasions < OCCASIONS_LEAST)
            continue;
        brigades->n_pairs++;
        a = root_of(parent, a);
        b = root_of(parent, b);
        parent[a < b ? b : a] = a < b ? a : b;
    }
    for (uint32_t i = 0; i < n; i++)
        size[root_of(parent, i)]++;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t root = root_of(parent, i);
        if (size[root] < 2)
            continue;
        if (number[root] == 0)
            number[root] = ++brigades->n_cliques;
        brigades->clique_of[i] = number[root];
        brigades->n_correlated++;
    }
    free(parent);
    free(size);
    free(number);
}

// --- the most active -----------------------------------------------------------------------------------------------
struct busy {
    uint32_t row, n;
};

static int compare_busy(const void *a, const void *b)
{
    const struct busy *one = a, *other = b;
    if (one->n != other->n)
        return one->n > other->n ? -1 : 1;
    return (one->row > other->row) - (one->row < other->row);
}

static void find_active(const struct votes *votes, struct opinion_brigades *brigades)
{
    struct busy *busy = take(votes->n_rows, sizeof(*busy));
    for (uint32_t i = 0; i < votes->n_rows; i++)
        busy[i] = (struct busy){i, votes->rows[i].n};
    qsort(busy, votes->n_rows, sizeof(*busy), compare_busy);
    brigades->n_active = (votes->n_rows + ACTIVE_ONE_IN - 1) / ACTIVE_ONE_IN;
    for (uint32_t i = 0; i < brigades->n_active; i++)
        brigades->active[busy[i].row] = true;
    free(busy);
}

// --- the fit without them --------------------------------------------------------------------------------------------
static int compare_places(const void *a, const void *b)
{
    const struct cast *one = a, *other = b;
    return (one->at > other->at) - (one->at < other->at);
}

// Keeps what counts, in the log's order: nothing of the most active, of a clique the first on each statement.
static uint32_t keep(const struct opinion_brigades *brigades, struct cast *casts, uint32_t n)
{
    uint32_t *last_column = take(brigades->n_cliques + 1, sizeof(*last_column)),
             kept = 0; // + 1; casts are by column
    for (uint32_t i = 0; i < n; i++) {
        uint32_t clique = brigades->clique_of[casts[i].row];
        if (brigades->active[casts[i].row] || (clique > 0 && last_column[clique] == casts[i].column + 1))
            continue;
        last_column[clique] = casts[i].column + 1;
        casts[kept++] = casts[i];
    }
    free(last_column);
    qsort(casts, kept, sizeof(*casts), compare_places);
    return kept;
}

static int refit(const struct votes *votes, const struct cast *casts, uint32_t n, struct arena *arena,
    struct opinion_result *ret_result, struct err *err)
{
    struct opinion *other = opinion_new();
    uint64_t *participant = take(n, sizeof(*participant)), *statement = take(n, sizeof(*statement));
    int8_t *vote = take(n, 1);
    for (uint32_t i = 0; i < n; i++) {
        participant[i] = votes->row_id[casts[i].row];
        statement[i] = votes->column_id[casts[i].column];
        vote[i] = casts[i].vote;
    }
    for (uint32_t c = 0; c < votes->n_columns; c++) {
        if (votes->moderation[c] != OPINION_SHOWN)
            opinion_moderate(other, votes->column_id[c], (enum opinion_moderation)votes->moderation[c]);
    }
    struct opinion_votes columns = {.n = n, .participant = participant, .statement = statement, .vote = vote};
    int failed = opinion_add(other, &columns, err);
    if (failed == 0)
        opinion_fit(other, arena, ret_result);
    opinion_free(other);
    free(participant);
    free(statement);
    free(vote);
    return failed;
}

static bool is_consensus(const struct opinion_result *result, uint64_t statement, bool agree)
{
    uint32_t n = agree ? result->n_consensus_agree : result->n_consensus_disagree;
    const struct opinion_consensus *list = agree ? result->consensus_agree : result->consensus_disagree;
    for (uint32_t i = 0; i < n; i++) {
        if (result->statements[list[i].statement].id == statement)
            return true;
    }
    return false;
}

static void compare(const struct opinion_result *result, struct opinion_brigades *brigades)
{
    const struct opinion_result *other = &brigades->refit;
    struct ids places = {0};
    int32_t *label = take(result->n_participants, sizeof(*label));
    for (uint32_t i = 0; i < other->n_participants; i++)
        ids_place(&places, other->participant[i]);
    for (uint32_t i = 0; i < result->n_participants; i++) {
        int64_t place = ids_find(&places, result->participant[i]);
        label[i] = place < 0 ? -1 : other->group_of[place];
    }
    brigades->agreement = opinion_adjusted_rand(result->group_of, label, result->n_participants);
    for (uint32_t s = 0; s < result->n_statements; s++) {
        uint64_t id = result->statements[s].id;
        brigades->survives[s] = (is_consensus(result, id, true) && is_consensus(other, id, true)) ||
                                (is_consensus(result, id, false) && is_consensus(other, id, false));
        brigades->n_survive += brigades->survives[s];
    }
    free(label);
    ids_release(&places);
}

static int check(const struct votes *votes, const struct opinion_votes *log, struct err *err)
{
    unsigned char here[OPINION_HASH_BYTES], there[OPINION_HASH_BYTES];
    if (log->time_ms == NULL)
        return err_set(err, ERR_INVALID, "votes have no times: who voted together is not known");
    votes_digest(votes, here);
    votes_log_digest(log, there);
    if (memcmp(here, there, sizeof(here)) != 0)
        return err_set(err, ERR_INVALID, "these are not the votes that were added");
    return 0;
}

int opinion_brigades(const struct opinion *opinion, const struct opinion_result *result,
    const struct opinion_votes *log, struct arena *arena, struct opinion_brigades *ret_brigades,
    struct err *err)
{
    const struct votes *votes = &opinion->votes;
    struct meetings meetings = {0};
    uint32_t n;
    int failed = check(votes, log, err);
    if (failed)
        return failed;
    memset(ret_brigades, 0, sizeof(*ret_brigades));
    ret_brigades->clique_of = arena_calloc(arena, votes->n_rows, sizeof(*ret_brigades->clique_of));
    ret_brigades->active = arena_calloc(arena, votes->n_rows, sizeof(*ret_brigades->active));
    ret_brigades->survives = arena_calloc(arena, votes->n_columns, sizeof(*ret_brigades->survives));
    struct cast *casts = casts_of(votes, log, &n);
    failed = find_meetings(votes, casts, n, &meetings, err);
    if (failed == 0) {
        struct crowd crowd = crowd_new(votes, casts, n);
        join(votes, &meetings, &crowd, ret_brigades);
        free(crowd.begin);
        free(crowd.by_row);
        find_active(votes, ret_brigades);
        uint32_t kept = keep(ret_brigades, casts, n);
        ret_brigades->n_votes_left_out = n - kept;
        failed = refit(votes, casts, kept, arena, &ret_brigades->refit, err);
    }
    if (failed == 0)
        compare(result, ret_brigades);
    free(casts);
    free(meetings.count);
    ids_release(&meetings.pairs);
    return failed;
}
