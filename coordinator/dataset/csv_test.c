// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "coordinator/dataset/csv.h"

#include <stdlib.h>
#include <string.h>

struct seen {
    struct buf text; // "line:field|field;" and "line!detail;"
};

static void on_row(void *arg, int64_t line, const char *const *fields, size_t n_fields)
{
    struct seen *seen = arg;
    buf_printf(&seen->text, "%lld:", (long long)line);
    for (size_t i = 0; i < n_fields; i++)
        buf_printf(&seen->text, "%s%s", i > 0 ? "|" : "", fields[i]);
    buf_add_char(&seen->text, ';');
}

static void on_error(void *arg, int64_t line, const char *detail)
{
    struct seen *seen = arg;
    buf_printf(&seen->text, "%lld!%s;", (long long)line, detail);
}

// Parses in pieces of every size, which must not matter.
static void expect_bytes(const char *text, size_t length, const char *expected)
{
    for (size_t piece = 1; piece <= length + 1; piece++) {
        struct seen seen;
        buf_init(&seen.text, 64 * 1024);
        struct csv *csv = csv_new(&(struct csv_handler){.row = on_row, .error = on_error, .arg = &seen});
        for (size_t at = 0; at < length; at += piece)
            csv_feed(csv, text + at, min_size(piece, length - at));
        csv_end(csv);
        csv_free(csv);
        assert_string_equal(seen.text.data, expected);
        buf_release(&seen.text);
    }
}

static void expect(const char *text, const char *expected)
{
    expect_bytes(text, strlen(text), expected);
}

static void reads_rows(void **state UNUSED)
{
    expect("", "");
    expect("a,b\n1,2\n", "1:a|b;2:1|2;");
    expect("a,b\r\n1,2", "1:a|b;2:1|2;");
    expect("a,\n,b\n,\n", "1:a|;2:|b;3:|;");
    expect("a\n\n\r\nb\n", "1:a;4:b;");
    expect("\"\"\n", "1:;");
}

static void reads_quotes(void **state UNUSED)
{
    expect("\"a,b\",\"say \"\"hi\"\"\"\n", "1:a,b|say \"hi\";");
    expect("\"one\ntwo\r\nthree\",x\ny,z\n", "1:one\ntwo\r\nthree|x;4:y|z;");
    expect("x,\"last\"", "1:x|last;");
}

static void skips_the_byte_order_mark(void **state UNUSED)
{
    expect("\xEF\xBB\xBF"
           "a,b\n",
        "1:a|b;");
    expect("\xEF\xBB\xBF\"a\",b\n", "1:a|b;");
    expect("a\n\xEF\xBB\xBF", "1:a;2:\xEF\xBB\xBF;");
    // Half a mark is text, and no UTF-8.
    expect("\xEF\xBBz,b\nc\n", "1!is not UTF-8;2:c;");
}

static void names_wrong_rows_and_goes_on(void **state UNUSED)
{
    expect("a\"b,c\nd\n", "1!has a quote in a field that does not begin with one;2:d;");
    expect("a\n\"b\"c\nd\n", "1:a;2!has text behind a closing quote;3:d;");
    expect("a\rb\nc\n", "1!has a carriage return that ends no line;2:c;");
    expect("a\n\"never\nclosed", "1:a;2!has a quote that is never closed;");
    expect("\xFF,b\nc\n", "1!is not UTF-8;2:c;");
    expect(
        "\xC0\xAF\n\xED\xA0\x80\n\xF4\x90\x80\x80\nc\n", "1!is not UTF-8;2!is not UTF-8;3!is not UTF-8;4:c;");
    expect_bytes("a\0b\nc\n", 6, "1!has a NUL byte;2:c;");
}

static void bounds_a_row(void **state UNUSED)
{
    struct seen seen;
    buf_init(&seen.text, 64 * 1024);
    struct csv *csv = csv_new(&(struct csv_handler){.row = on_row, .error = on_error, .arg = &seen});
    csv_feed(csv, "\"", 1);
    for (int i = 0; i < CSV_ROW_MAX_BYTES / 8 + 10; i++)
        csv_feed(csv, "aaaaaaaa", 8);
    csv_feed(csv, "\nb\n", 3);
    for (int i = 0; i < CSV_COLUMNS_MAX + 5; i++)
        csv_feed(csv, "x,", 2);
    csv_feed(csv, "\nc\n", 3);
    csv_end(csv);
    csv_free(csv);
    assert_string_equal(
        seen.text.data, "1!is over 1 MiB; a quote may be missing;2:b;3!has more than 1000 columns;4:c;");
    buf_release(&seen.text);
}

static void writes_what_it_reads(void **state UNUSED)
{
    struct buf out;
    buf_init(&out, 1000);
    csv_add_field(&out, "plain");
    buf_add_char(&out, ',');
    csv_add_field(&out, "a,\"b\"\nc");
    assert_string_equal(out.data, "plain,\"a,\"\"b\"\"\nc\"");
    expect(out.data, "1:plain|a,\"b\"\nc;");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_rows),
        cmocka_unit_test(reads_quotes),
        cmocka_unit_test(skips_the_byte_order_mark),
        cmocka_unit_test(names_wrong_rows_and_goes_on),
        cmocka_unit_test(bounds_a_row),
        cmocka_unit_test(writes_what_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
