#include "coordinator/naming.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void told(void **state)
{
    (void)state;
    assert_true(naming_tells("As an AI made by Meta I, Llama 3, can't.", "meta-llama/Llama-3-8B-Instruct"));
    assert_true(naming_tells("I am CLAUDE.", "claude-2.1"));
    assert_true(naming_tells("I'm ChatGPT", "gpt-4-0613"));
    assert_true(naming_tells("gpt-4 says so", "gpt-4"));
    assert_true(naming_tells("ask zephyr-7b-beta.", "HuggingFaceH4/zephyr-7b-beta"));
    assert_true(naming_tells("أنا Claude", "claude-3"));
}

static void not_told(void **state)
{
    (void)state;
    assert_false(naming_tells("I am Claude.", "gpt-4"));
    assert_false(naming_tells("Bombardment and Claudette", "bard claude"));
    assert_false(naming_tells("A text about chat and commands", "command-r"));
    assert_false(naming_tells("A text", "text-davinci-003"));
    assert_false(naming_tells("model-10 was better", "model-1"));
    assert_false(naming_tells("a b c", "a"));
    assert_false(naming_tells("anything", NULL));
    assert_false(naming_tells(NULL, "gpt-4"));
    assert_false(naming_tells("", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(told), cmocka_unit_test(not_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
