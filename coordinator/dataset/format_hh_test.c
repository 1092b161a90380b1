// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "coordinator/dataset/fake_import.h"
#include "coordinator/dataset/formats.h"

static void expect(const char *const *options, const char *text, const char *expected)
{
    char *said = fake_import_run(&format_hh, options, text);
    assert_string_equal(said, expected);
    free(said);
}

static void reads_transcripts(void **state UNUSED)
{
    const char *options[] = {"pool", "helpful", NULL};
    expect(options,
        "{\"chosen\":\"\\n\\nHuman: A?\\n\\nAssistant: b\\n\\nc\\n\\nHuman: D? \\n\\nAssistant: yes\","
        "\"rejected\":\"\\n\\nHuman: A?\\n\\nAssistant: b\\n\\nc\\n\\nHuman: D? \\n\\nAssistant: no\"}\n",
        "1 -|[{\"role\":\"user\",\"content\":\"A?\"},{\"role\":\"assistant\",\"content\":\"b\\n\\nc\"},"
        "{\"role\":\"user\",\"content\":\"D? \"}]|no|yes|@helpful {\"pool\":\"helpful\"}|right 0 -\n");
    // Files that begin without the empty line; answers that are empty.
    expect(options,
        "{\"chosen\":\"Human: A?\\n\\nAssistant:\",\"rejected\":\"Human: A?\\n\\nAssistant: b\",\"Index\":3}\n",
        "1 -|[{\"role\":\"user\",\"content\":\"A?\"}]|b||@helpful {\"pool\":\"helpful\"}|right 0 -\n");
}

// The place of a response comes from the content, not from who won.
static void orders_by_content(void **state UNUSED)
{
    expect(NULL,
        "{\"chosen\":\"Human: A?\\n\\nAssistant: x\",\"rejected\":\"Human: A?\\n\\nAssistant: y\"}\n"
        "{\"chosen\":\"Human: A?\\n\\nAssistant: y\",\"rejected\":\"Human: A?\\n\\nAssistant: x\"}\n",
        "1 -|[{\"role\":\"user\",\"content\":\"A?\"}]|y|x|@hh {\"pool\":\"hh\"}|right 0 -\n"
        "2 -|[{\"role\":\"user\",\"content\":\"A?\"}]|y|x|@hh {\"pool\":\"hh\"}|left 0 -\n");
    size_t n_left = 0;
    for (int i = 0; i < 200; i++) {
        char line[128];
        snprintf(line, sizeof(line),
            "{\"chosen\":\"Human: %d?\\n\\nAssistant: x\",\"rejected\":\"Human: %d?\\n\\nAssistant: y\"}", i,
            i);
        char *said = fake_import_run(&format_hh, NULL, line);
        n_left += strstr(said, "|left ") != NULL;
        free(said);
    }
    assert_in_range(n_left, 70, 130); // a fair coin is outside once in 50,000; and it is not redrawn
}

static void cuts_a_pool_by_line(void **state UNUSED)
{
    const char *options[] = {"pool", "p", "pairs_per_annotator", "2", NULL};
    char *said = fake_import_run(&format_hh, options,
        "{\"chosen\":\"Human: 1\\n\\nAssistant: x\",\"rejected\":\"Human: 1\\n\\nAssistant: y\"}\n"
        "{\"broken\n"
        "{\"chosen\":\"Human: 3\\n\\nAssistant: x\",\"rejected\":\"Human: 3\\n\\nAssistant: y\"}\n");
    assert_non_null(strstr(said, "@p#1 {\"pool\":\"p\",\"annotator_cut\":\"artificial\"}"));
    assert_non_null(strstr(said, "2 !: not JSON"));
    assert_non_null(strstr(said, "@p#2 {\"pool\":\"p\",\"annotator_cut\":\"artificial\"}"));
    free(said);
    const char *wrong[] = {"pairs_per_annotator", "0", NULL};
    expect(wrong, "", "refused: pairs_per_annotator must be a whole number from 1 to 1000000.");
    const char *nameless[] = {"pool", "", NULL};
    expect(nameless, "", "refused: pool must have 1 to 100 bytes of text.");
}

static void names_what_is_no_pair(void **state UNUSED)
{
    expect(NULL,
        "{\"chosen\":\"Human: A?\\n\\nAssistant: x\",\"rejected\":\"Human: A?\\n\\nAssistant: x\"}\n"
        "{\"chosen\":\"Human: A?\\n\\nAssistant: x\",\"rejected\":\"Human: B?\\n\\nAssistant: y\"}\n"
        "{\"chosen\":\"Human: A?\\n\\nAssistant: x\\n\\nHuman: C?\\n\\nAssistant: z\","
        "\"rejected\":\"Human: A?\\n\\nAssistant: y\"}\n"
        "{\"chosen\":\"Hi\",\"rejected\":\"Human: A?\\n\\nAssistant: y\"}\n"
        "{\"chosen\":\"Human: A?\",\"rejected\":\"Human: A?\\n\\nAssistant: y\"}\n"
        "{\"chosen\":\"Human: A?\\n\\nAssistant: y\",\"rejected\":7}\n"
        "[]\n{\"chosen\":\"\",\"rejected\":\"\"}\n",
        "1 !: chosen and rejected are the same\n"
        "2 !: chosen and rejected part at turn 1, before their last ones: they do not answer the same prompt\n"
        "3 !: chosen and rejected part at turn 2, before their last ones: they do not answer the same prompt\n"
        "4 !/chosen: chosen must begin with a turn of Human: or Assistant:\n"
        "5 !/chosen: chosen must end with a turn of the assistant behind at least one other\n"
        "6 !/rejected: rejected must be a transcript, as text\n"
        "7 !/chosen: chosen must be a transcript, as text\n"
        "8 !/chosen: chosen must end with a turn of the assistant behind at least one other\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_transcripts),
        cmocka_unit_test(orders_by_content),
        cmocka_unit_test(cuts_a_pool_by_line),
        cmocka_unit_test(names_what_is_no_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
