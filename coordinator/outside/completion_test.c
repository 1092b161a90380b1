// The stream of an endpoint, in every way that it may be cut, and what is refused of it.
#include "coordinator/outside/completion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_MAX = 100 };

#define TOKEN(text) "data: {\"choices\":[{\"delta\":{\"content\":\"" text "\"},\"finish_reason\":null}]}\n\n"
#define STOP "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"

// Fed in pieces of `step` bytes; the result of the last feed.
static int feed(struct completion *completion, const char *text, size_t step)
{
    struct err err = {0};
    int rc = 0;
    completion_init(completion, TEXT_MAX);
    for (size_t at = 0, size = strlen(text); rc == 0 && at < size; at += step)
        rc = completion_feed(completion, text + at, min_size(step, size - at), &err);
    return rc;
}

static void is_read_in_any_pieces(void **state UNUSED)
{
    static const char *const streams[] = {
        ": hello\n\nevent: x\nid: 1\nretry: 5\n" TOKEN("Ki") TOKEN("a \\u00e9\\ud83d\\ude00") STOP,
        "data:{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\r\n\r\n" TOKEN("Kia ") TOKEN(
            "\xC3\xA9\xF0\x9F\x98\x80") "data: {\"choices\":[],\"usage\":{\"total_tokens\":9}}\r\n\r\n" STOP,
    };
    for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
        for (size_t step = 1; step <= strlen(streams[i]); step++) {
            struct completion completion;
            assert_int_equal(feed(&completion, streams[i], step), 0);
            assert_string_equal(completion.text.data, "Kia \xC3\xA9\xF0\x9F\x98\x80");
            assert_true(completion.is_done);
            assert_true(completion_is_whole(&completion));
            completion_release(&completion);
        }
    }
}

static void only_a_stop_is_whole(void **state UNUSED)
{
    static const char *const streams[] = {
        "",
        TOKEN("a"),
        TOKEN("a") "data: [DONE]\n",
        TOKEN("a") "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n",
        TOKEN("a") "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"content_filter\"}]}\n",
        STOP,
        TOKEN(" \\n\\t") STOP,
    };
    for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
        struct completion completion;
        assert_int_equal(feed(&completion, streams[i], 7), 0);
        assert_false(completion_is_whole(&completion));
        completion_release(&completion);
    }
}

static void what_is_no_stream_is_refused(void **state UNUSED)
{
    static const char *const streams[] = {
        "<html>\n",
        "data\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}\n",
        "data: [1]\n",
        "data: {\"choices\":[7]}\n",
        "data: {\"choices\":[{\"delta\":7}]}\n",
        "data: {\"choices\":[{\"delta\":{\"content\":7}}]}\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"\xff\"}}]}\n",
        "data: {\"error\":{\"message\":\"no\"}}\n",
        "data: {\"choices\":[],\"choices\":[]}\n",
    };
    for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
        struct completion completion;
        assert_int_equal(feed(&completion, streams[i], 5), ERR_INVALID);
        completion_release(&completion);
    }
}

static void nothing_grows_without_a_limit(void **state UNUSED)
{
    struct completion completion;
    struct err err;
    char many[1024];
    memset(many, 'a', sizeof(many));
    completion_init(&completion, TEXT_MAX);
    int rc = completion_feed(&completion, "data: ", 6, &err);
    for (int i = 0; rc == 0 && i < 1000; i++)
        rc = completion_feed(&completion, many, sizeof(many), &err);
    assert_int_equal(rc, ERR_LIMIT);
    completion_release(&completion);
    completion_init(&completion, TEXT_MAX);
    rc = 0;
    for (int i = 0; rc == 0 && i < 1000; i++)
        rc = completion_feed(&completion, TOKEN("0123456789"), strlen(TOKEN("0123456789")), &err);
    assert_int_equal(rc, ERR_LIMIT);
    assert_true(completion.text.length <= TEXT_MAX);
    completion_release(&completion);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_read_in_any_pieces),
        cmocka_unit_test(only_a_stop_is_whole),
        cmocka_unit_test(what_is_no_stream_is_refused),
        cmocka_unit_test(nothing_grows_without_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
