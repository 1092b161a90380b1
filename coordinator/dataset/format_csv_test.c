// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "coordinator/dataset/fake_import.h"
#include "coordinator/dataset/formats.h"

static void expect(const char *map, const char *text, const char *expected)
{
    const char *options[] = {"map", map, NULL};
    char *said = fake_import_run(&format_csv, map != NULL ? options : NULL, text);
    assert_string_equal(said, expected);
    free(said);
}

#define MAP                                                                                                  \
    "{\"item\":\"id\",\"text\":\"text\",\"annotator\":\"who\",\"rating\":\"score\",\"dimension\":\"rude\","  \
    "\"scale\":[1,5],\"attributes\":[\"age\"],\"prefer_not_to_say\":[\"No answer\"]}"

static void reads_rows(void **state UNUSED)
{
    expect(MAP,
        "id,who,text,score,age\n1,a,\"Hello,\nyou\",1.0,18-24\n2,a,Bye,2.5,\n1,b,\"Hello,\nyou\",5,No answer\n",
        "2 1|[]|Hello,\nyou|@a {\"age\":\"18-24\"}|rating 0 {\"ratings\":{\"rude\":{\"0\":1}}}\n"
        "4 2|[]|Bye|@a {}|rating 0 {\"ratings\":{\"rude\":{\"0\":2.5}}}\n"
        "5 1|[]|Hello,\nyou|@b {\"age\":\"prefer_not_to_say\"}|rating 0 {\"ratings\":{\"rude\":{\"0\":5}}}\n");
}

static void reads_dimensions_prompts_and_plain_items(void **state UNUSED)
{
    expect("{\"text\":\"t\",\"prompt\":\"p\",\"annotator\":\"w\",\"ratings\":{\"x\":\"c1\",\"y\":\"c2\"},"
           "\"attributes\":{\"country\":\"land\"}}",
        "p,t,w,c1,c2,land\r\nWhy?,So.,a,1,,NZ\r\n,So.,a,,-3e0,\r\n",
        "2 -|[{\"role\":\"user\",\"content\":\"Why?\"}]|So.|@a {\"country\":\"NZ\"}|"
        "rating 0 {\"ratings\":{\"x\":{\"0\":1}}}\n"
        "3 -|[]|So.|@a {}|rating 0 {\"ratings\":{\"y\":{\"0\":-3}}}\n");
    expect("{\"item\":\"i\",\"text\":\"t\"}", "i,t\n7,x\n", "2 7|[]|x|\n");
}

static void names_wrong_rows(void **state UNUSED)
{
    expect(MAP,
        "id,who,text,score,age\n1,a,x,6,y\n1,a,x,high,y\n1,a,x,,y\n1,,x,1,y\n,a,x,1,y\n1,a,x\n1,a,x\"y,1,z\n"
        "1,a,x,0x2,z\n9,a,good,3,z",
        "2 !/score: score is outside the scale\n"
        "3 !/score: score must be a number\n"
        "4 !/score: score is empty: there is nothing to keep as a rating\n"
        "5 !/who: who is empty\n"
        "6 !/id: id is empty\n"
        "7 !: the row has 3 fields, the header has 5\n"
        "8 !: the row has a quote in a field that does not begin with one\n"
        "9 !/score: score must be a number\n"
        "10 9|[]|good|@a {\"age\":\"z\"}|rating 0 {\"ratings\":{\"rude\":{\"0\":3}}}\n");
}

static void says_when_the_header_does_not_fit(void **state UNUSED)
{
    expect(MAP, "id,who,text,points,age\n1,a,x,6,y\n",
        "1 !: the header has no column \"score\": no row was read\n");
    expect(MAP, "id,id,who,text,score,age\n1,1,a,x,6,y\n",
        "1 !: the header has more than one column \"id\": no row was read\n");
    expect(MAP, "", "1 !: the file has no header\n");
    expect(MAP, "i\"d\n1\n",
        "1 !: the row has a quote in a field that does not begin with one; without a header no row can be read\n");
}

static void refuses_wrong_maps(void **state UNUSED)
{
    expect(NULL, "a\n", "refused: A CSV file needs map, which says what its columns are.");
    expect("[1]", "a\n", "refused: map must be a JSON object: it is none.");
    expect("{\"text\":1}", "a\n", "refused: map: \"text\" must name a column.");
    expect("{\"text\":\"a\",\"colour\":\"b\"}", "a\n", "refused: map: \"colour\" is not known.");
    expect("{\"text\":\"a\",\"annotator\":\"b\"}", "a\n",
        "refused: map: \"annotator\" and \"rating\" must be given together.");
    expect("{\"text\":\"a\",\"annotator\":\"b\",\"rating\":\"c\",\"scale\":[5,1]}", "a\n",
        "refused: map: \"scale\" must be two numbers, [least, most].");
    expect("{\"text\":\"a\",\"annotator\":\"b\",\"rating\":\"c\",\"ratings\":{}}", "a\n",
        "refused: map: give \"rating\" or \"ratings\", not both.");
    expect("{\"text\":\"a\",\"attributes\":[\"b\"]}", "a\n",
        "refused: map: \"attributes\" are the annotator's, and no \"annotator\" is given.");
    expect("{\"text\":\"a\",\"prefer_not_to_say\":\"x\"}", "a\n",
        "refused: map: \"prefer_not_to_say\" must be a list of values.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_rows),
        cmocka_unit_test(reads_dimensions_prompts_and_plain_items),
        cmocka_unit_test(names_wrong_rows),
        cmocka_unit_test(says_when_the_header_does_not_fit),
        cmocka_unit_test(refuses_wrong_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
