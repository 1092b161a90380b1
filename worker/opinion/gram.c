#include "worker/opinion/gram.h"

#include "worker/opinion/votes.h"

#include <stdlib.h>
#include <string.h>

// Rows are counted in packed words, four fields of 16 bits, and emptied before a field may run over: a row adds at most 4.
enum { ROWS_PACKED = 65535 / 4, SPARE_COLUMNS = 64 };

struct cell {
    int32_t n, left, right,
        product; // people on both; sums of the lower column's votes, of the higher's, of both
};

struct gram {
    uint32_t stride;
    struct cell *cells; // [low * stride + high], low <= high
};

void gram_free(struct gram *gram)
{
    if (gram == NULL)
        return;
    free(gram->cells);
    free(gram);
}

uint32_t gram_columns(const struct gram *gram)
{
    return gram->stride;
}

// Fields: people, y_low, y_high, y_low y_high, of y = vote + 1 in 0 .. 2.
static void count_row(uint64_t *packed, uint32_t stride, const struct votes_row *row)
{
    for (uint32_t a = 0; a < row->n; a++) {
        uint64_t y = code_vote(row->codes[a]);
        uint64_t *line = packed + (size_t)code_column(row->codes[a]) * stride;
        uint64_t adds[3], base = 1 | y << 16, slope = UINT64_C(1) << 32 | y << 48;
        for (uint64_t other = 0; other < 3; other++)
            adds[other] = base + other * slope;
        for (uint32_t b = a; b < row->n; b++)
            line[code_column(row->codes[b])] += adds[code_vote(row->codes[b])];
    }
}

static void unpack(struct gram *gram, uint32_t n_columns, uint64_t *packed)
{
    for (uint32_t low = 0; low < n_columns; low++) {
        uint64_t *line = packed + (size_t)low * gram->stride;
        struct cell *cells = gram->cells + (size_t)low * gram->stride;
        for (uint32_t high = low; high < n_columns; high++) {
            uint64_t word = line[high];
            int32_t n = (int32_t)(word & 65535), left = (int32_t)(word >> 16 & 65535),
                    right = (int32_t)(word >> 32 & 65535), product = (int32_t)(word >> 48);
            cells[high].n += n;
            cells[high].left += left - n;
            cells[high].right += right - n;
            cells[high].product += product - left - right + n;
            line[high] = 0;
        }
    }
}

struct gram *gram_new(const struct view *view)
{
    struct gram *gram = calloc(1, sizeof(*gram));
    if (gram == NULL)
        abort();
    gram->stride = view->n_columns + SPARE_COLUMNS;
    size_t n = (size_t)gram->stride * gram->stride;
    gram->cells = calloc(n, sizeof(*gram->cells));
    uint64_t *packed = calloc(n, sizeof(*packed));
    if (gram->cells == NULL || packed == NULL)
        abort();
    for (uint32_t i = 0; i < view->n_rows; i++) {
        count_row(packed, gram->stride, &view->rows[i]);
        if ((i + 1) % ROWS_PACKED == 0)
            unpack(gram, view->n_columns, packed);
    }
    unpack(gram, view->n_columns, packed);
    free(packed);
    return gram;
}

static void add_pair(struct gram *gram, uint32_t code, uint32_t other, int32_t times)
{
    uint32_t low = code < other ? code : other, high = code < other ? other : code;
    struct cell *cell = &gram->cells[(size_t)code_column(low) * gram->stride + code_column(high)];
    int32_t left = (int32_t)code_vote(low) - 1, right = (int32_t)code_vote(high) - 1;
    cell->n += times;
    cell->left += times * left;
    cell->right += times * right;
    cell->product += times * left * right;
}

void gram_change(struct gram *gram, const struct votes_row *row, uint32_t before, bool there, uint32_t after)
{
    uint32_t column = code_column(after);
    for (uint32_t i = 0; i < row->n; i++) {
        if (code_column(row->codes[i]) == column)
            continue;
        if (there)
            add_pair(gram, before, row->codes[i], -1);
        add_pair(gram, after, row->codes[i], 1);
    }
    if (there)
        add_pair(gram, before, before, -1);
    add_pair(gram, after, after, 1);
}

void gram_centred(
    const struct gram *gram, uint32_t n_columns, const double *mean, const uint8_t *out, double *product)
{
    for (uint32_t low = 0; low < n_columns; low++) {
        const struct cell *cells = gram->cells + (size_t)low * gram->stride;
        for (uint32_t high = low; high < n_columns; high++) {
            double value = 0;
            if (!out[low] && !out[high])
                value = cells[high].product - mean[high] * cells[high].left - mean[low] * cells[high].right +
                        mean[low] * mean[high] * cells[high].n;
            product[(size_t)low * n_columns + high] = value;
            product[(size_t)high * n_columns + low] = value;
        }
    }
}
