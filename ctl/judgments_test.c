#include "ctl/judgments.h"

#include "base/buf.h"
#include "base/zstream.h"
#include "ctl/lines.h"
#include "ctl/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ITEM1                                                                                                \
    "{\"type\":\"item\",\"id\":\"i1\",\"prompt\":\"Why?\",\"responses\":[{\"content\":\"a\",\"model\":\"elm\"},{\"content\":\"b\"}]}\n"
#define ITEM2                                                                                                \
    "{\"type\":\"item\",\"id\":\"i2\",\"prompt\":[{\"role\":\"user\",\"content\":\"Why?\"}],"                \
    "\"responses\":[{\"content\":\"x\"},{\"content\":\"y\"},{\"content\":\"z\"}]}\n"
#define RATER1                                                                                               \
    "{\"type\":\"rater\",\"id\":\"r1\",\"attributes\":{\"region\":\"north\",\"faith\":[\"b\",\"a\"]}}\n"
#define RATER2 "{\"type\":\"rater\",\"id\":\"r2\",\"attributes\":{\"region\":\"prefer_not_to_say\"}}\n"
#define CHOICE(item, shown, choice)                                                                          \
    "{\"type\":\"judgment\",\"id\":\"j\",\"item\":\"" item "\",\"rater\":\"r1\",\"responses\":" shown        \
    ",\"choice\":\"" choice "\"}\n"

static char folder[] = "/tmp/judgments_test_XXXXXX";

static const char *write_file(const char *name, const char *text, size_t length)
{
    static char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fwrite(text, 1, length, file) == length);
    fclose(file);
    return path;
}

static struct judgments *read_text(const char *text, struct err *err)
{
    return judgments_read(write_file("text.jsonl", text, strlen(text)), NULL, true, err);
}

static void a_small_file_by_hand(void **state UNUSED)
{
    struct err err = {0};
    struct judgments *judgments = read_text(
        "{\"type\":\"header\",\"format\":\"plenum\",\"version\":1}\n" ITEM1 ITEM2 RATER1 RATER2 CHOICE(
            "i1", "[1,0]", "left") CHOICE("i1", "[0,1]", "both_bad") CHOICE("i1", "[0,1]",
            "tie") "\n"
                   "{\"type\":\"judgment\",\"id\":\"k\",\"item\":\"i2\",\"rater\":\"r2\",\"responses\":[2,0,1],"
                   "\"ranking\":[[1],[0,2]]}\n"
                   "{\"type\":\"judgment\",\"id\":\"l\",\"item\":\"i2\",\"rater\":\"r2\",\"responses\":[0],"
                   "\"ratings\":{\"calm\":{\"0\":4.5,\"2\":1}}}\n"
                   "{\"type\":\"something new\",\"of\":1}\n",
        &err);
    if (judgments == NULL)
        fail_msg("%s", err.message);
    const struct fit_data *data = judgments_data(judgments);
    assert_int_equal(data->n_items, 2);
    assert_int_equal(data->n_responses, 5);
    assert_int_equal(data->item_first[1], 2);
    assert_true(data->item_prompt[0] == data->item_prompt[1]); // a text is one message of the user
    static const char stored[] = "[{\"role\": \"user\", \"content\": \"Why?\"}]"; // as the database writes it
    assert_true(data->item_prompt[0] == fit_prompt_hash(stored, strlen(stored)));
    assert_string_equal(data->response_text[4], "z");
    assert_int_equal(data->n_models, 1);
    assert_string_equal(data->model_name[data->response_model[0]], "elm");
    assert_int_equal(data->response_model[1], FIT_NO_GROUP);
    // left of [1,0] is response 1; both_bad is no pair; the ranking gives 1 over 0 and 1 over 2, a third each.
    assert_int_equal(data->n_judgments, 4);
    assert_int_equal(data->judgment_left[0], 1);
    assert_int_equal(data->judgment_right[0], 0);
    assert_int_equal(data->judgment_outcome[0], FIT_LEFT);
    assert_int_equal(data->judgment_outcome[1], FIT_TIE);
    assert_int_equal(data->judgment_left[2], 3);
    assert_int_equal(data->judgment_right[2], 2);
    assert_true(data->judgment_weight[2] > 0.33F && data->judgment_weight[2] < 0.34F);
    assert_int_equal(data->judgment_annotator[2], 1);
    assert_int_equal(data->n_ratings, 2);
    assert_int_equal(data->rating_response[1], 4);
    assert_true(data->rating_value[0] == 4.5F);
    assert_int_equal(data->n_attributes, 2);
    assert_string_equal(data->attribute_name[0], "region");
    assert_string_equal(data->attribute_value[1][0], "a + b");
    assert_int_equal(data->annotator_group[0], 0);
    assert_int_equal(data->annotator_group[1], FIT_NO_GROUP); // a declined answer is no group
    judgments_free(judgments);
}

static void the_worse_is_turned_round(void **state UNUSED)
{
    struct err err = {0};
    struct judgments *judgments = read_text(
        "{\"type\":\"header\",\"version\":1,\"task\":{\"kind\":\"pairwise\",\"goal\":\"worse\"}}\n" ITEM1
            RATER1 CHOICE("i1", "[1,0]", "left") CHOICE("i1", "[1,0]", "tie"),
        &err);
    assert_non_null(judgments);
    assert_int_equal(judgments_data(judgments)->judgment_outcome[0], FIT_RIGHT);
    assert_int_equal(judgments_data(judgments)->judgment_outcome[1], FIT_TIE);
    judgments_free(judgments);
}

static void words_are_ratings_and_partial_ranks_are_ranks(void **state UNUSED)
{
    struct err err = {0};
    struct judgments *judgments = read_text(ITEM1 ITEM2 RATER1
        "{\"type\":\"judgment\",\"item\":\"i2\",\"rater\":\"r1\",\"ranking\":[[2],[0]],\"ratings\":"
        "{\"safe\":{\"0\":\"yes\",\"1\":\"unsure\",\"2\":\"no\"},\"all\":{\"item\":7}}}\n",
        &err);
    if (judgments == NULL)
        fail_msg("%s", err.message);
    const struct fit_data *data = judgments_data(judgments);
    assert_int_equal(data->n_judgments, 1); // who was left out is compared with nobody
    assert_int_equal(data->judgment_left[0], 4);
    assert_int_equal(data->judgment_right[0], 2);
    assert_int_equal(data->n_ratings, 2);
    assert_true(data->rating_value[0] == 1 && data->rating_value[1] == 0);
    judgments_free(judgments);
    assert_null(read_text(ITEM1 RATER1
        "{\"type\":\"judgment\",\"item\":\"i1\",\"rater\":\"r1\",\"ratings\":{\"safe\":{\"0\":\"maybe\"}}}\n",
        &err));
}

static void bad_lines_are_named(void **state UNUSED)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {ITEM1 "{\"type\":\n", ":2"},
        {ITEM1 ITEM1, ":2: item \"i1\" was there"},
        {ITEM1 RATER1 RATER1, ":3: rater"},
        {ITEM1 RATER1 CHOICE("i9", "[0,1]", "left"), ":3: /item"},
        {ITEM1 CHOICE("i1", "[0,1]", "left"), ":2: /rater"},
        {ITEM1 RATER1 CHOICE("i1", "[0,2]", "left"), ":3: /responses"},
        {ITEM1 RATER1 CHOICE("i1", "[0,0]", "left"), ":3: /responses"},
        {ITEM1 RATER1 CHOICE("i1", "[0,1]", "best"), ":3: /choice"},
        {"{\"type\":\"item\",\"id\":\"i\",\"prompt\":1,\"responses\":[{\"content\":\"a\"}]}\n",
            ":1: /prompt"},
        {"{\"type\":\"item\",\"id\":\"i\",\"prompt\":\"\",\"responses\":[{\"text\":\"a\"}]}\n",
            ":1: /responses/0"},
        {"{\"type\":\"item\",\"id\":\"i\",\"prompt\":\"\",\"responses\":[]}\n", ":1"},
        {"{\"id\":1}\n", ":1: /type"},
        {"{\"type\":\"header\",\"version\":2}\n", ":1: version"},
        {"{\"type\":\"rater\",\"type\":\"rater\",\"id\":\"a\"}\n", ":1"},
        {ITEM1 RATER1 "{\"type\":\"judgment\",\"item\":\"i1\",\"rater\":\"r1\",\"ranking\":[[0],[0]]}\n",
            ":3: /ranking/1"},
        {ITEM1 RATER1
            "{\"type\":\"judgment\",\"item\":\"i1\",\"rater\":\"r1\",\"ratings\":{\"d\":{\"7\":1}}}\n",
            ":3: /ratings"},
        {"{\"type\":\"item\",\"id\":\"i\",\"prompt\":\"\",\"responses\":[{\"content\":\"a\",\"embedding\":[1,2]},"
         "{\"content\":\"b\",\"embedding\":[1]}]}\n",
            ":1: an embedding"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct err err = {0};
        assert_null(read_text(cases[i].text, &err));
        if (strstr(err.message, cases[i].says) == NULL)
            fail_msg("case %zu says: %s", i, err.message);
    }
}

static void mixed_embeddings_and_dimensions_are_refused(void **state UNUSED)
{
    struct err err = {0};
    assert_null(read_text(ITEM1
        "{\"type\":\"item\",\"id\":\"i\",\"prompt\":\"\",\"responses\":[{\"content\":\"a\",\"embedding\":[1,2]}]}\n",
        &err));
    assert_non_null(strstr(err.message, "some responses"));
    const char *two = ITEM1 RATER1 "{\"type\":\"judgment\",\"item\":\"i1\",\"rater\":\"r1\","
                                   "\"ratings\":{\"calm\":{\"0\":1,\"1\":2},\"loud\":{\"0\":3}}}\n";
    assert_null(read_text(two, &err));
    assert_non_null(strstr(err.message, "--dimension"));
    const char *path = write_file("two.jsonl", two, strlen(two));
    struct judgments *judgments = judgments_read(path, "loud", true, &err);
    assert_non_null(judgments);
    assert_int_equal(judgments_data(judgments)->n_ratings, 1);
    assert_true(judgments_data(judgments)->rating_value[0] == 3);
    judgments_free(judgments);
    assert_null(judgments_read(path, "soft", true, &err));
}

// As "left>right weight" of each comparison; what is "4" here is an edit.
static void expect_comparisons(const char *judgment, bool edits, const char *expected)
{
    char text[4096], said[512] = "";
    struct err err = {0};
    snprintf(text, sizeof(text),
        ITEM2 RATER1 "{\"type\":\"judgment\",\"item\":\"i2\",\"rater\":\"r1\",%s}\n" ITEM1, judgment);
    struct judgments *judgments =
        judgments_read(write_file("edit.jsonl", text, strlen(text)), NULL, edits, &err);
    if (judgments == NULL)
        fail_msg("%s", err.message);
    const struct fit_data *data = judgments_data(judgments);
    assert_int_equal(data->item_first[2], 5);
    assert_int_equal(data->n_responses, 5 + data->n_edits);
    for (uint32_t i = 0; i < data->n_judgments; i++) {
        bool is_edit = data->judgment_left[i] == 5, is_right = data->judgment_outcome[i] == FIT_RIGHT;
        uint32_t better = is_right ? data->judgment_right[i] : data->judgment_left[i];
        uint32_t worse = is_right ? data->judgment_left[i] : data->judgment_right[i];
        snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s%s%c%u/%d", i > 0 ? " " : "",
            is_edit ? "*" : (char[]){(char)('0' + better), '\0'},
            data->judgment_outcome[i] == FIT_TIE ? '=' : '>', worse,
            (int)(1 / (double)data->judgment_weight[i] + 0.5));
    }
    assert_string_equal(said, expected);
    if (data->n_edits > 0) {
        assert_int_equal(data->n_edits, 1);
        assert_int_equal(data->edit_item[0], 0);
        assert_string_equal(data->response_text[5], "kinder");
        assert_int_equal(data->response_length[5], 6);
        assert_int_equal(data->response_model[5], FIT_NO_GROUP);
    }
    judgments_free(judgments);
}

// The rule of exports (coordinator/dataset/view_test.c), and one judgment in all.
static void what_was_made_better_stands_above(void **state UNUSED)
{
#define EDIT(n) "\"edit\":{\"response\":" n ",\"content\":\"kinder\"}"
    expect_comparisons("\"responses\":[1,0],\"choice\":\"left\"," EDIT("1"), true, "1>0/1 *>1/3 *>0/3");
    expect_comparisons("\"responses\":[1,0],\"choice\":\"left\"," EDIT("1"), false, "1>0/1");
    expect_comparisons("\"responses\":[1,0],\"choice\":\"right\"," EDIT("0"), true, "0>1/1 *>0/3 *>1/3");
    expect_comparisons("\"responses\":[1,0],\"choice\":\"left\"," EDIT("0"), true, "1>0/1 *>0/3");
    expect_comparisons("\"responses\":[1,0],\"choice\":\"tie\"," EDIT("1"), true, "1=0/1 *>1/3");
    expect_comparisons("\"responses\":[1,0],\"choice\":\"both_bad\"," EDIT("1"), true, "*>1/1");
    expect_comparisons("\"responses\":[1,0],\"choice\":\"skip\"," EDIT("1"), true, "");
    expect_comparisons("\"responses\":[0],\"ratings\":{\"calm\":{\"0\":4}}," EDIT("0"), true, "");
    expect_comparisons("\"responses\":[0,1,2],\"ranking\":[[2],[0],[1]]," EDIT("2"), true,
        "2>0/3 2>1/3 0>1/3 *>2/6 *>0/6 *>1/6");
    expect_comparisons("\"responses\":[0,1,2],\"ranking\":[[0],[1]]," EDIT("2"), true, "0>1/1 *>2/6");
    struct err err = {0};
    assert_null(
        read_text(ITEM1 RATER1 "{\"type\":\"judgment\",\"item\":\"i1\",\"rater\":\"r1\",\"responses\":[0,1],"
                               "\"choice\":\"left\"," EDIT("2") "}\n",
            &err));
    assert_non_null(strstr(err.message, "/edit"));
#undef EDIT
}

static void folders_and_zstd(void **state UNUSED)
{
    static const char text[] = ITEM1 RATER1 CHOICE("i1", "[0,1]", "right");
    struct err err = {0};
    struct buf packed;
    buf_init(&packed, 1 << 20);
    assert_int_equal(zstream_compress(text, strlen(text), 3, &packed, &err), 0);
    char inside[256];
    snprintf(inside, sizeof(inside), "%s/export", folder);
    assert_int_equal(mkdir(inside, 0755), 0);
    write_file("export/judgments.jsonl.zst", packed.data, packed.length);
    struct judgments *judgments = judgments_read(inside, NULL, true, &err);
    if (judgments == NULL)
        fail_msg("%s", err.message);
    assert_int_equal(judgments_data(judgments)->n_judgments, 1);
    judgments_free(judgments);
    // Cut short.
    write_file("export/judgments.jsonl.zst", packed.data, packed.length - 3);
    assert_null(judgments_read(inside, NULL, true, &err));
    assert_null(judgments_read("/nowhere/at/all", NULL, true, &err));
    assert_int_equal(err.code, ERR_IO);
    buf_release(&packed);
}

static void lines_of_all_kinds(void **state UNUSED)
{
    struct err err = {0};
    char *line;
    size_t length;
    static const char text[] = "one\r\n\nthree";
    struct lines *lines = lines_open(write_file("lines.txt", text, strlen(text)), &err);
    assert_int_equal(lines_next(lines, &line, &length, &err), 1);
    assert_string_equal(line, "one");
    assert_int_equal(lines_next(lines, &line, &length, &err), 1);
    assert_int_equal(length, 0);
    assert_int_equal(lines_next(lines, &line, &length, &err), 1);
    assert_string_equal(line, "three");
    assert_int_equal(lines_number(lines), 3);
    assert_int_equal(lines_next(lines, &line, &length, &err), 0);
    lines_close(lines);
    char *long_line = malloc(LINES_MAX_BYTES + 10);
    memset(long_line, 'x', LINES_MAX_BYTES + 10);
    lines = lines_open(write_file("long.txt", long_line, LINES_MAX_BYTES + 10), &err);
    assert_int_equal(lines_next(lines, &line, &length, &err), ERR_LIMIT);
    lines_close(lines);
    free(long_line);
}

static void names_are_numbered(void **state UNUSED)
{
    struct names names;
    names_init(&names);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 5000; i++) {
            char name[32];
            bool is_new;
            snprintf(name, sizeof(name), "name %u", i * 7919 % 5000);
            uint32_t number = names_add(&names, name, &is_new);
            assert_int_equal(number, i);
            assert_int_equal(is_new, round == 0);
            assert_string_equal(names.name[number], name);
        }
    }
    assert_int_equal(names_find(&names, "nobody"), NAMES_NONE);
    names_release(&names);
}

static int make_folder(void **state UNUSED)
{
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state UNUSED)
{
    static const char *const names[] = {
        "text.jsonl", "two.jsonl", "edit.jsonl", "lines.txt", "long.txt", "export/judgments.jsonl.zst"};
    char path[256];
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/export", folder);
    rmdir(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_file_by_hand),
        cmocka_unit_test(the_worse_is_turned_round),
        cmocka_unit_test(words_are_ratings_and_partial_ranks_are_ranks),
        cmocka_unit_test(bad_lines_are_named),
        cmocka_unit_test(mixed_embeddings_and_dimensions_are_refused),
        cmocka_unit_test(what_was_made_better_stands_above),
        cmocka_unit_test(folders_and_zstd),
        cmocka_unit_test(lines_of_all_kinds),
        cmocka_unit_test(names_are_numbered),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
