#include "ctl/polis.h"

#include "ctl/lines.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = OPINION_STATEMENTS_MAX + 64 };

void polis_release(struct polis_votes *votes)
{
    free(votes->participant);
    free(votes->statement);
    free(votes->vote);
    free(votes->time_ms);
    memset(votes, 0, sizeof(*votes));
}

struct opinion_votes polis_columns(const struct polis_votes *votes)
{
    return (struct opinion_votes){.n = votes->n,
        .participant = votes->participant,
        .statement = votes->statement,
        .vote = votes->vote,
        .time_ms = votes->has_times ? votes->time_ms : NULL};
}

static void *again(void *memory, size_t count, size_t size)
{
    memory = reallocarray(memory, count, size);
    if (memory == NULL)
        abort();
    return memory;
}

static int add(struct polis_votes *votes, uint64_t participant, uint64_t statement, int8_t vote,
    int64_t time_ms, struct err *err)
{
    if (votes->n >= OPINION_VOTES_MAX)
        return err_set(err, ERR_LIMIT, "more than %d votes", OPINION_VOTES_MAX);
    if (votes->n == votes->capacity) {
        uint32_t n = votes->capacity = votes->capacity == 0 ? 4096 : 2 * votes->capacity;
        votes->participant = again(votes->participant, n, sizeof(*votes->participant));
        votes->statement = again(votes->statement, n, sizeof(*votes->statement));
        votes->vote = again(votes->vote, n, sizeof(*votes->vote));
        votes->time_ms = again(votes->time_ms, n, sizeof(*votes->time_ms));
    }
    votes->participant[votes->n] = participant;
    votes->statement[votes->n] = statement;
    votes->vote[votes->n] = vote;
    votes->time_ms[votes->n++] = time_ms;
    return 0;
}

// --- fields ----------------------------------------------------------------------------------------------------------
// Cuts a line at its commas, in place; a field in quotation marks loses them. Returns how many, or ERR_INVALID.
static int cut(char *line, char **fields, int most, struct err *err)
{
    int n = 0;
    for (char *at = line;; at++) {
        if (n == most)
            return err_set(err, ERR_INVALID, "more than %d fields", most);
        if (*at != '"') {
            fields[n++] = at;
            while (*at != ',' && *at != '\0') // fields are short: no call
                at++;
        } else {
            fields[n++] = ++at;
            at = strchr(at, '"');
            if (at == NULL || (at[1] != ',' && at[1] != '\0'))
                return err_set(err, ERR_INVALID, "field %d: a quotation mark that does not end a field", n);
            *at++ = '\0';
        }
        if (*at == '\0')
            return n;
        *at = '\0';
    }
}

// A whole number from 0, and nothing else.
static bool number(const char *text, uint64_t *ret_value)
{
    uint64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (value > (UINT64_MAX / 2 - 9) / 10)
            return false;
        value = 10 * value + (uint64_t)(*at - '0');
    }
    *ret_value = value;
    return at > text && *at == '\0';
}

static bool choice(const char *text, int8_t *ret_vote)
{
    bool minus = *text == '-';
    text += minus;
    if ((*text != '0' && *text != '1') || text[1] != '\0' || (minus && *text == '0'))
        return false;
    *ret_vote = (int8_t)(*text == '0' ? 0 : minus ? -1 : 1);
    return true;
}

// --- the two kinds of file ---------------------------------------------------------------------------------------------
struct reading {
    struct lines *lines;
    struct polis_votes *votes;
    char **fields;
    int n_fields;
    int time, statement, participant, vote; // votes.csv: which field
    uint64_t *statements;                   // participants-votes.csv: of each field; UINT64_MAX: none
};

static int find(const struct reading *reading, const char *name)
{
    for (int i = 0; i < reading->n_fields; i++) {
        if (strcmp(reading->fields[i], name) == 0)
            return i;
    }
    return -1;
}

static int read_head(struct reading *reading, char *line, struct err *err)
{
    reading->n_fields = cut(line, reading->fields, FIELDS_MAX, err);
    if (reading->n_fields < 0)
        return reading->n_fields;
    reading->time = find(reading, "timestamp");
    reading->statement = find(reading, "comment-id");
    reading->vote = find(reading, "vote");
    reading->participant = find(reading, "voter-id");
    if (reading->time >= 0 && reading->statement >= 0 && reading->vote >= 0 && reading->participant >= 0)
        return 0;
    reading->participant = find(reading, "participant");
    if (reading->participant < 0)
        return err_set(err, ERR_INVALID,
            "neither votes (timestamp, comment-id, voter-id, vote) nor participants' votes (participant, statements)");
    reading->vote = -1;
    reading->statements = again(NULL, (size_t)reading->n_fields + 1, sizeof(*reading->statements));
    for (int i = 0; i < reading->n_fields; i++) {
        if (!number(reading->fields[i], &reading->statements[i]))
            reading->statements[i] = UINT64_MAX; // what the participant is or did: group-id, n-votes, ...
        for (int j = 0; j < i && i < 4096; j++) {
            if (reading->statements[i] != UINT64_MAX && reading->statements[j] == reading->statements[i])
                return err_set(err, ERR_INVALID, "statement %s has two columns", reading->fields[i]);
        }
    }
    return 0;
}

static int read_vote(struct reading *reading, struct err *err)
{
    uint64_t time_ms, statement, participant;
    int8_t vote;
    if (!number(reading->fields[reading->time], &time_ms))
        return err_set(err, ERR_INVALID, "timestamp is no number of milliseconds");
    if (!number(reading->fields[reading->statement], &statement))
        return err_set(err, ERR_INVALID, "comment-id is no number");
    if (!number(reading->fields[reading->participant], &participant))
        return err_set(err, ERR_INVALID, "voter-id is no number");
    if (!choice(reading->fields[reading->vote], &vote))
        return err_set(err, ERR_INVALID, "vote is not 1, 0 or -1");
    return add(reading->votes, participant, statement, vote, (int64_t)time_ms, err);
}

static int read_participant(struct reading *reading, struct err *err)
{
    uint64_t participant;
    int8_t vote;
    if (!number(reading->fields[reading->participant], &participant))
        return err_set(err, ERR_INVALID, "participant is no number");
    for (int i = 0; i < reading->n_fields; i++) {
        if (reading->statements[i] == UINT64_MAX || reading->fields[i][0] == '\0')
            continue;
        if (!choice(reading->fields[i], &vote))
            return err_set(err, ERR_INVALID, "the vote on statement %llu is not 1, 0, -1 or empty",
                (unsigned long long)reading->statements[i]);
        int failed = add(reading->votes, participant, reading->statements[i], vote, 0, err);
        if (failed)
            return failed;
    }
    return 0;
}

static int read_line(struct reading *reading, char *line, size_t length, bool is_head, struct err *err)
{
    if (memchr(line, '\0', length) != NULL)
        return err_set(err, ERR_INVALID, "a byte 0");
    if (is_head)
        return read_head(reading, line, err);
    int n = cut(line, reading->fields, FIELDS_MAX, err);
    if (n < 0)
        return n;
    if (n != reading->n_fields)
        return err_set(err, ERR_INVALID, "%d fields, not %d as in the first line", n, reading->n_fields);
    return reading->statements == NULL ? read_vote(reading, err) : read_participant(reading, err);
}

// --- the order of time -----------------------------------------------------------------------------------------------
struct placed {
    int64_t time_ms;
    uint32_t at;
};

static int compare_placed(const void *a, const void *b)
{
    const struct placed *one = a, *other = b;
    if (one->time_ms != other->time_ms)
        return one->time_ms < other->time_ms ? -1 : 1;
    return (one->at > other->at) - (one->at < other->at);
}

static void sort_by_time(struct polis_votes *votes)
{
    bool sorted = true;
    for (uint32_t i = 1; i < votes->n && sorted; i++)
        sorted = votes->time_ms[i - 1] <= votes->time_ms[i];
    if (sorted)
        return;
    struct placed *order = again(NULL, votes->n, sizeof(*order));
    struct polis_votes copy = {.has_times = true, .capacity = votes->capacity, .n = votes->n};
    copy.participant = again(NULL, votes->capacity, sizeof(*copy.participant));
    copy.statement = again(NULL, votes->capacity, sizeof(*copy.statement));
    copy.vote = again(NULL, votes->capacity, sizeof(*copy.vote));
    copy.time_ms = again(NULL, votes->capacity, sizeof(*copy.time_ms));
    for (uint32_t i = 0; i < votes->n; i++)
        order[i] = (struct placed){votes->time_ms[i], i};
    qsort(order, votes->n, sizeof(*order), compare_placed);
    for (uint32_t i = 0; i < votes->n; i++) {
        copy.participant[i] = votes->participant[order[i].at];
        copy.statement[i] = votes->statement[order[i].at];
        copy.vote[i] = votes->vote[order[i].at];
        copy.time_ms[i] = order[i].time_ms;
    }
    free(order);
    polis_release(votes);
    *votes = copy;
}

int polis_read(const char *path, struct polis_votes *ret_votes, struct err *err)
{
    memset(ret_votes, 0, sizeof(*ret_votes));
    struct reading reading = {.votes = ret_votes, .lines = lines_open(path, err)};
    if (reading.lines == NULL)
        return err->code;
    reading.fields = again(NULL, FIELDS_MAX, sizeof(*reading.fields));
    char *line;
    size_t length;
    bool is_head = true;
    int got;
    while ((got = lines_next(reading.lines, &line, &length, err)) == 1) {
        if (length == 0 && !is_head)
            continue;
        int failed = read_line(&reading, line, length, is_head, err);
        is_head = false;
        if (failed) {
            got = err_prefix(err, "%s:%llu", path, (unsigned long long)lines_number(reading.lines));
            break;
        }
    }
    if (got == 0 && is_head)
        got = err_set(err, ERR_INVALID, "%s is empty", path);
    if (got == 0 && reading.statements == NULL) {
        ret_votes->has_times = true;
        if (ret_votes->n > 0)
            sort_by_time(ret_votes);
    }
    lines_close(reading.lines);
    free(reading.fields);
    free(reading.statements);
    return got;
}

int polis_moderate(const char *path, struct opinion *opinion, struct err *err)
{
    struct lines *lines = lines_open(path, err);
    if (lines == NULL)
        return err->code;
    char *line, *rest;
    size_t length;
    int got;
    while ((got = lines_next(lines, &line, &length, err)) == 1) {
        for (char *word = strtok_r(line, ", \t", &rest); word != NULL; word = strtok_r(NULL, ", \t", &rest)) {
            uint64_t statement;
            if (!number(word, &statement)) {
                got = err_set(err, ERR_INVALID, "%s:%llu: no statement's id", path,
                    (unsigned long long)lines_number(lines));
                break;
            }
            opinion_moderate(opinion, statement, OPINION_OUT);
        }
        if (got < 0)
            break;
    }
    lines_close(lines);
    return got;
}
