#include "reward/kernel.h"

#include <math.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define WITH_AVX2 1
#endif

// ---------------------------------------------------------------- plain C
static void dots_plain(const float *x, size_t stride, uint32_t n, const double *w, uint32_t k, double *z)
{
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < k; j++) {
            const float *row = x + i * stride;
            const double *head = w + j * stride;
            double sum[4] = {0};
            for (size_t c = 0; c < stride; c += 4) {
                sum[0] += row[c] * head[c];
                sum[1] += row[c + 1] * head[c + 1];
                sum[2] += row[c + 2] * head[c + 2];
                sum[3] += row[c + 3] * head[c + 3];
            }
            z[i * k + j] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
        }
    }
}

static void add_plain(const float *x, size_t stride, uint32_t n, const double *slope, uint32_t k, double *g)
{
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < k; j++) {
            double factor = slope[i * k + j];
            for (size_t c = 0; c < stride; c++)
                g[j * stride + c] += factor * x[i * stride + c];
        }
    }
}

// ---------------------------------------------------------------- AVX2 with FMA
#ifdef WITH_AVX2
// Loops whose ends are constants after inlining are written out, so that their sums are registers.
#ifdef __clang__
#define WRITTEN_OUT _Pragma("clang loop unroll(full)")
#else
#define WRITTEN_OUT _Pragma("GCC unroll 8")
#endif
#define FAST __attribute__((target("avx2,fma")))
#define FAST_INLINE __attribute__((target("avx2,fma"), always_inline)) static inline

enum { AHEAD = 16 }; // rows that are asked for while these are worked on

FAST_INLINE double sum_of(__m256d v)
{
    __m128d half = _mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1));
    return _mm_cvtsd_f64(_mm_add_sd(half, _mm_unpackhi_pd(half, half)));
}

// `rows` and `heads` are constants where this is used, and all sums stay in registers.
FAST_INLINE void dots_block(const float *x, size_t stride, const double *w, double *z, size_t k,
    const uint32_t rows, const uint32_t heads)
{
    __m256d sum[8][5];
    WRITTEN_OUT
    for (uint32_t r = 0; r < rows; r++) {
        WRITTEN_OUT
        for (uint32_t j = 0; j < heads; j++)
            sum[r][j] = _mm256_setzero_pd();
    }
    for (size_t c = 0; c < stride; c += 4) {
        __m256d value[8];
        WRITTEN_OUT
        for (uint32_t r = 0; r < rows; r++) {
            if (c % 16 == 0)
                __builtin_prefetch(x + (AHEAD + r) * stride + c);
        }
        WRITTEN_OUT
        for (uint32_t r = 0; r < rows; r++)
            value[r] = _mm256_cvtps_pd(_mm_loadu_ps(x + r * stride + c));
        WRITTEN_OUT
        for (uint32_t j = 0; j < heads; j++) {
            __m256d head = _mm256_loadu_pd(w + j * stride + c);
            WRITTEN_OUT
            for (uint32_t r = 0; r < rows; r++)
                sum[r][j] = _mm256_fmadd_pd(value[r], head, sum[r][j]);
        }
    }
    WRITTEN_OUT
    for (uint32_t r = 0; r < rows; r++) {
        WRITTEN_OUT
        for (uint32_t j = 0; j < heads; j++)
            z[r * k + j] = sum_of(sum[r][j]);
    }
}

FAST_INLINE void dots_rows(const float *x, size_t stride, uint32_t n, const double *w, double *z, size_t k,
    const uint32_t rows, const uint32_t heads)
{
    uint32_t i = 0;
    for (; i + rows <= n; i += rows)
        dots_block(x + i * stride, stride, w, z + i * k, k, rows, heads);
    for (; i < n; i++)
        dots_block(x + i * stride, stride, w, z + i * k, k, 1, heads);
}

FAST static void dots_fast(const float *x, size_t stride, uint32_t n, const double *w, uint32_t k, double *z)
{
    for (uint32_t j = 0; j < k;) {
        uint32_t left = k - j, heads = left <= 5 ? left : left == 6 ? 3 : 4;
        const double *head = w + j * stride;
        switch (heads) {
        case 1:
            dots_rows(x, stride, n, head, z + j, k, 8, 1);
            break;
        case 2:
            dots_rows(x, stride, n, head, z + j, k, 4, 2);
            break;
        case 3:
            dots_rows(x, stride, n, head, z + j, k, 3, 3);
            break;
        case 4:
            dots_rows(x, stride, n, head, z + j, k, 2, 4);
            break;
        default:
            dots_rows(x, stride, n, head, z + j, k, 2, 5);
        }
        j += heads;
    }
}

// Columns c .. c + 4 * parts - 1 of `heads` gradients stay in registers over all rows.
FAST_INLINE void add_strip(const float *x, size_t stride, uint32_t n, const double *slope, size_t k,
    double *g, const uint32_t heads, const uint32_t parts)
{
    __m256d sum[5][8];
    WRITTEN_OUT
    for (uint32_t j = 0; j < heads; j++) {
        WRITTEN_OUT
        for (uint32_t p = 0; p < parts; p++)
            sum[j][p] = _mm256_loadu_pd(g + j * stride + 4 * p);
    }
    for (uint32_t i = 0; i < n; i++) {
        __m256d value[8];
        WRITTEN_OUT
        for (uint32_t p = 0; p < parts; p++)
            value[p] = _mm256_cvtps_pd(_mm_loadu_ps(x + i * stride + 4 * p));
        WRITTEN_OUT
        for (uint32_t j = 0; j < heads; j++) {
            __m256d factor = _mm256_broadcast_sd(slope + i * k + j);
            WRITTEN_OUT
            for (uint32_t p = 0; p < parts; p++)
                sum[j][p] = _mm256_fmadd_pd(value[p], factor, sum[j][p]);
        }
    }
    WRITTEN_OUT
    for (uint32_t j = 0; j < heads; j++) {
        WRITTEN_OUT
        for (uint32_t p = 0; p < parts; p++)
            _mm256_storeu_pd(g + j * stride + 4 * p, sum[j][p]);
    }
}

FAST_INLINE void add_columns(const float *x, size_t stride, uint32_t n, const double *slope, size_t k,
    double *g, const uint32_t heads, const uint32_t parts)
{
    size_t c = 0;
    for (; c + 4 * (size_t)parts <= stride; c += 4 * (size_t)parts)
        add_strip(x + c, stride, n, slope, k, g + c, heads, parts);
    for (; c < stride; c += 4)
        add_strip(x + c, stride, n, slope, k, g + c, heads, 1);
}

FAST static void add_fast(
    const float *x, size_t stride, uint32_t n, const double *slope, uint32_t k, double *g)
{
    for (uint32_t j = 0; j < k;) {
        uint32_t left = k - j, heads = left <= 5 ? left : left == 6 ? 3 : 4;
        double *head = g + j * stride;
        switch (heads) {
        case 1:
            add_columns(x, stride, n, slope + j, k, head, 1, 8);
            break;
        case 2:
            add_columns(x, stride, n, slope + j, k, head, 2, 4);
            break;
        case 3:
            add_columns(x, stride, n, slope + j, k, head, 3, 2);
            break;
        case 4:
            add_columns(x, stride, n, slope + j, k, head, 4, 2);
            break;
        default:
            add_columns(x, stride, n, slope + j, k, head, 5, 2);
        }
        j += heads;
    }
}

FAST static void difference_fast(
    const float *left, const float *right, uint32_t n, bool streaming, float *out)
{
    uint32_t c = 0;
    for (; c + 8 <= n; c += 8) {
        __m256 difference = _mm256_sub_ps(_mm256_loadu_ps(left + c), _mm256_loadu_ps(right + c));
        if (streaming)
            _mm256_stream_ps(out + c, difference);
        else
            _mm256_storeu_ps(out + c, difference);
    }
    for (; c < n; c++)
        out[c] = left[c] - right[c];
    if (streaming)
        _mm_sfence(); // before another thread is told that it is done
}

static bool is_fast(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

void kernel_dots(const float *x, size_t stride, uint32_t n, const double *w, uint32_t k, double *z)
{
#ifdef WITH_AVX2
    if (is_fast()) {
        dots_fast(x, stride, n, w, k, z);
        return;
    }
#endif
    dots_plain(x, stride, n, w, k, z);
}

void kernel_add(const float *x, size_t stride, uint32_t n, const double *slope, uint32_t k, double *g)
{
#ifdef WITH_AVX2
    if (is_fast()) {
        add_fast(x, stride, n, slope, k, g);
        return;
    }
#endif
    add_plain(x, stride, n, slope, k, g);
}

void kernel_difference(const float *left, const float *right, uint32_t n, bool streaming, float *out)
{
#ifdef WITH_AVX2
    if (is_fast()) {
        difference_fast(left, right, n, streaming, out);
        return;
    }
#endif
    for (uint32_t c = 0; c < n; c++)
        out[c] = left[c] - right[c];
}

void kernel_exp(const double *z, size_t n, double *e)
{
    for (size_t i = 0; i < n; i++)
        e[i] = exp(-fabs(z[i]));
}
