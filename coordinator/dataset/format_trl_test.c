// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "coordinator/dataset/fake_import.h"
#include "coordinator/dataset/formats.h"

#define USER(text) "{\"role\":\"user\",\"content\":\"" text "\"}"
#define ASSISTANT(text) "{\"role\":\"assistant\",\"content\":\"" text "\"}"

static void expect(const char *text, const char *expected)
{
    char *said = fake_import_run(&format_trl, NULL, text);
    assert_string_equal(said, expected);
    free(said);
}

// However it is written, it is the same item.
static void reads_every_form(void **state UNUSED)
{
    static const char *const forms[] = {
        "{\"prompt\":\"A?\",\"chosen\":\"x\",\"rejected\":\"y\"}",
        "{\"prompt\":[" USER("A?") "],\"chosen\":[" ASSISTANT("x") "],\"rejected\":[" ASSISTANT("y") "]}",
        "{\"prompt\":\"A?\",\"chosen\":[" USER("A?") "," ASSISTANT("x") "],\"rejected\":[" USER(
            "A?") "," ASSISTANT("y") "]}",
        "{\"chosen\":[" USER("A?") "," ASSISTANT("x") "],\"rejected\":[" USER("A?") "," ASSISTANT("y") "]}",
        "{\"prompt\":[" USER("A?") "],\"chosen\":\"x\",\"rejected\":\"y\"}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
        expect(forms[i], "1 -|[" USER("A?") "]|y|x|@trl {\"pool\":\"trl\"}|right 0 -\n");
}

static void reads_implicit_text_as_trl_does(void **state UNUSED)
{
    expect("{\"chosen\":\"The sky is blue.\",\"rejected\":\"The sky is green.\"}",
        "1 -|[" USER("The sky is") "]| blue.| green.|@trl {\"pool\":\"trl\"}|left 0 -\n");
    // Never inside a character: these two begin with the same byte.
    expect("{\"chosen\":\"a \xC3\xA9\",\"rejected\":\"a \xC3\xA8\"}",
        "1 -|[" USER("a") "]| \xC3\xA9| \xC3\xA8|@trl {\"pool\":\"trl\"}|left 0 -\n");
    expect("{\"chosen\":\"yes\",\"rejected\":\"no\"}", "1 -|[]|no|yes|@trl {\"pool\":\"trl\"}|right 0 -\n");
}

static void keeps_a_margin_as_strength(void **state UNUSED)
{
    expect("{\"prompt\":\"A?\",\"chosen\":\"x\",\"rejected\":\"y\",\"margin\":3.0}",
        "1 -|[" USER("A?") "]|y|x|@trl {\"pool\":\"trl\"}|right 3 -\n");
    expect("{\"prompt\":\"A?\",\"chosen\":\"x\",\"rejected\":\"y\",\"margin\":0.7}",
        "1 -|[" USER("A?") "]|y|x|@trl {\"pool\":\"trl\"}|right 0 -\n");
}

static void names_what_is_no_pair(void **state UNUSED)
{
    expect("{\"prompt\":\"A?\",\"chosen\":\"x\"}\n"
           "{\"prompt\":7,\"chosen\":\"x\",\"rejected\":\"y\"}\n"
           "{\"prompt\":[{\"role\":\"user\"}],\"chosen\":\"x\",\"rejected\":\"y\"}\n"
           "{\"prompt\":\"A?\",\"chosen\":\"x\",\"rejected\":\"x\"}\n"
           "{\"chosen\":[" USER("A?") "," ASSISTANT("x") "],\"rejected\":[" USER("B?") "," ASSISTANT(
               "y") "]}\n"
                    "{\"chosen\":[" USER("A?") "," USER("x") "],\"rejected\":[" USER("A?") "," USER(
                        "y") "]}\n"
                             "{\"chosen\":[" USER("A?") "," ASSISTANT("x") "],\"rejected\":[" ASSISTANT(
                                 "y") "]}\n"
                                      "{\"chosen\":[],\"rejected\":[]}\n"
                                      "null\n",
        "1 !/rejected: rejected must be text or a list of messages {role, content}\n"
        "2 !/prompt: prompt must be text or a list of messages {role, content}\n"
        "3 !/prompt: prompt must be text or a list of messages {role, content}\n"
        "4 !: chosen and rejected are the same\n"
        "5 !: chosen and rejected part before their last messages: they do not answer the same prompt\n"
        "6 !: the last messages of chosen and rejected must be the assistant's\n"
        "7 !: chosen and rejected part before their last messages: they do not answer the same prompt\n"
        "8 !/chosen: chosen must be text or a list of messages {role, content}\n"
        "9 !: not JSON\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_form),
        cmocka_unit_test(reads_implicit_text_as_trl_does),
        cmocka_unit_test(keeps_a_margin_as_strength),
        cmocka_unit_test(names_what_is_no_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
