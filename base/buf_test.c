#include "base/buf.h"
#include "base/err.h"
#include "base/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void grows_up_to_its_maximum(void **state UNUSED)
{
    struct buf buf;
    buf_init(&buf, 10);
    assert_string_equal(buf.data, "");
    buf_add_text(&buf, "12345");
    buf_printf(&buf, "%d", 678);
    assert_string_equal(buf.data, "12345678");
    buf_add_text(&buf, "90!");
    assert_int_equal(buf_check(&buf), ERR_LIMIT);
    assert_string_equal(buf.data, "12345678"); // nothing was added in part
    buf_add_char(&buf, 'x');
    assert_int_equal(buf.length, 8); // and nothing after it
    buf_clear(&buf);
    buf_add_text(&buf, "0123456789");
    assert_int_equal(buf_check(&buf), 0);
    buf_release(&buf);
}

static void consume_and_detach(void **state UNUSED)
{
    struct buf buf;
    buf_init(&buf, 100);
    buf_consume(&buf, 0);
    buf_add(&buf, "ab\0cd", 5);
    buf_consume(&buf, 3);
    assert_string_equal(buf.data, "cd");
    char *own = buf_detach(&buf);
    assert_string_equal(own, "cd");
    free(own);
    own = buf_detach(&buf);
    assert_string_equal(own, "");
    free(own);
}

static void frames_come_whole_or_not(void **state UNUSED)
{
    struct buf out, in;
    struct frame frame;
    struct err err;
    buf_init(&out, 1000);
    buf_init(&in, 1000);
    frame_append(&out, 7, FRAME_ZSTD, 42, "hello", 5);
    frame_append(&out, 8, 0, 43, "", 0);
    for (size_t i = 0; i + 1 < FRAME_HEADER_BYTES + 5; i++) {
        buf_add(&in, out.data + i, 1);
        assert_int_equal(frame_peek(&in, 100, &frame, &err), 0);
    }
    buf_add(&in, out.data + in.length, out.length - in.length);
    assert_int_equal(frame_peek(&in, 100, &frame, &err), 1);
    assert_int_equal(frame.type, 7);
    assert_int_equal(frame.flags, FRAME_ZSTD);
    assert_int_equal(frame.id, 42);
    assert_memory_equal(frame.payload, "hello", 5);
    assert_int_equal(frame_peek(&in, 4, &frame, &err), ERR_LIMIT);
    buf_consume(&in, FRAME_HEADER_BYTES + 5);
    assert_int_equal(frame_peek(&in, 100, &frame, &err), 1);
    assert_int_equal(frame.type, 8);
    assert_int_equal(frame.size, 0);
    buf_release(&out);
    buf_release(&in);
}

static void a_lying_length_is_refused_before_memory_is_taken(void **state UNUSED)
{
    struct buf in;
    struct frame frame;
    struct err err;
    buf_init(&in, 1000);
    buf_add(&in, "\xff\xff\xff\xff\0\0\0\0\0\0\0\0", 12);
    assert_int_equal(frame_peek(&in, FRAME_PAYLOAD_MAX_BYTES, &frame, &err), ERR_LIMIT);
    buf_release(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_up_to_its_maximum),
        cmocka_unit_test(consume_and_detach),
        cmocka_unit_test(frames_come_whole_or_not),
        cmocka_unit_test(a_lying_length_is_refused_before_memory_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
