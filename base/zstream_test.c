#include "base/rng.h"
#include "base/zstream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include <cmocka.h>

static void round_trip_in_pieces(void **state UNUSED)
{
    enum { SIZE = 300000 };
    unsigned char *data = malloc(SIZE);
    struct rng rng;
    struct err err;
    rng_seed(&rng, 3);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (unsigned char)(rng_u64(&rng) % 7);
    struct buf packed, unpacked;
    buf_init(&packed, 1 << 20);
    buf_init(&unpacked, 1 << 20);
    struct zstream *in = zstream_compressor(ZSTREAM_LEVEL), *out = zstream_decompressor(SIZE);
    for (size_t at = 0; at < SIZE; at += 10000)
        assert_int_equal(zstream_feed(in, data + at, 10000, at + 10000 == SIZE, &packed, &err), 0);
    for (size_t at = 0; at < packed.length; at += 1000) {
        size_t size = min_size(1000, packed.length - at);
        assert_int_equal(
            zstream_feed(out, packed.data + at, size, at + size == packed.length, &unpacked, &err), 0);
    }
    assert_int_equal(unpacked.length, SIZE);
    assert_memory_equal(unpacked.data, data, SIZE);
    zstream_free(in);
    zstream_free(out);
    buf_release(&packed);
    buf_release(&unpacked);
    free(data);
}

// 100 MB of zeros become some 10 kB: the bound on the output must hold, not the one on the input.
static void a_bomb_is_stopped(void **state UNUSED)
{
    struct buf bomb, out;
    struct err err;
    static const char zeros[1 << 16];
    buf_init(&bomb, 1 << 20);
    struct zstream *in = zstream_compressor(19);
    for (int i = 0; i < 1600; i++)
        assert_int_equal(zstream_feed(in, zeros, sizeof(zeros), i == 1599, &bomb, &err), 0);
    zstream_free(in);
    assert_true(bomb.length < 100000);
    buf_init(&out, 1 << 20);
    assert_int_equal(zstream_decompress(bomb.data, bomb.length, &out, &err), ERR_LIMIT);
    assert_true(out.length <= 1 << 20);
    buf_release(&bomb);
    buf_release(&out);
}

static void a_huge_window_is_refused(void **state UNUSED)
{
    struct buf out;
    struct err err;
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    static const char zeros[1 << 16];
    char packed[4096];
    ZSTD_outBuffer to = {.dst = packed, .size = sizeof(packed)};
    for (int i = 0; i < 400; i++) {
        ZSTD_inBuffer from = {.src = zeros, .size = sizeof(zeros)};
        assert_false(
            ZSTD_isError(ZSTD_compressStream2(context, &to, &from, i == 399 ? ZSTD_e_end : ZSTD_e_continue)));
    }
    ZSTD_freeCCtx(context);
    buf_init(&out, 1 << 26);
    assert_int_equal(zstream_decompress(packed, to.pos, &out, &err), ERR_INVALID);
    buf_release(&out);
}

static void cut_and_spoiled_data_are_errors(void **state UNUSED)
{
    struct buf packed, out;
    struct err err;
    buf_init(&packed, 4096);
    buf_init(&out, 4096);
    assert_int_equal(zstream_compress("hello hello hello", 17, 3, &packed, &err), 0);
    assert_int_equal(zstream_decompress(packed.data, packed.length - 1, &out, &err), ERR_INVALID);
    buf_clear(&out);
    packed.data[packed.length - 1] ^= 1;
    assert_int_equal(zstream_decompress(packed.data, packed.length, &out, &err), ERR_INVALID);
    buf_clear(&out);
    assert_int_equal(zstream_decompress("not zstd at all", 15, &out, &err), ERR_INVALID);
    buf_release(&packed);
    buf_release(&out);
}

static void output_may_fill_the_bound_exactly(void **state UNUSED)
{
    struct buf packed, out;
    struct err err;
    buf_init(&packed, 4096);
    buf_init(&out, 17);
    assert_int_equal(zstream_compress("hello hello hello", 17, 3, &packed, &err), 0);
    assert_int_equal(zstream_decompress(packed.data, packed.length, &out, &err), 0);
    assert_int_equal(out.length, 17);
    buf_release(&packed);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip_in_pieces),
        cmocka_unit_test(a_bomb_is_stopped),
        cmocka_unit_test(a_huge_window_is_refused),
        cmocka_unit_test(output_may_fill_the_bound_exactly),
        cmocka_unit_test(cut_and_spoiled_data_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
