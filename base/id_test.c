#include "base/err.h"
#include "base/hash.h"
#include "base/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void uuids_are_version_7_and_round_trip(void **state UNUSED)
{
    char text[UUID_TEXT_BYTES];
    struct uuid a = uuid_new(), b = uuid_new(), again;
    assert_false(uuid_equal(a, b));
    uuid_format(a, text);
    assert_int_equal(text[14], '7');
    assert_non_null(strchr("89ab", text[19]));
    assert_int_equal(uuid_parse(text, &again), 0);
    assert_true(uuid_equal(a, again));
    static const char *const wrong[] = {"", "018f", "018f0000-0000-7000-8000-00000000000g",
        "018f0000000070008000000000000000", "018f0000-0000-7000-8000-0000000000000",
        "018f0000_0000-7000-8000-000000000000"};
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_int_equal(uuid_parse(wrong[i], &again), ERR_INVALID);
}

static void ids_round_trip_and_have_one_form(void **state UNUSED)
{
    char text[ID_TEXT_BYTES];
    struct id again;
    for (int i = 0; i < 1000; i++) {
        struct id id = id_new(i == 0 ? 0 : i == 1 ? INT64_MAX : shard_key_new());
        id_format(id, text);
        assert_int_equal(strlen(text), ID_TEXT_BYTES - 1);
        assert_int_equal(id_parse(text, &again), 0);
        assert_true(again.shard_key == id.shard_key && uuid_equal(again.uuid, id.uuid));
    }
    text[0] = 'A';
    assert_int_equal(id_parse(text, &again), ERR_INVALID);
    memset(text, 'a', ID_TEXT_BYTES - 1);
    assert_int_equal(id_parse(text, &again), 0);
    text[ID_TEXT_BYTES - 2] = 'b'; // spare bits
    assert_int_equal(id_parse(text, &again), ERR_INVALID);
    memset(text, '7', ID_TEXT_BYTES - 1); // the shard key's top bit
    assert_int_equal(id_parse(text, &again), ERR_INVALID);
    assert_int_equal(id_parse("", &again), ERR_INVALID);
}

// FIPS 180-4, RFC 4231 case 2, RFC 4648.
static void known_hashes_and_texts(void **state UNUSED)
{
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX_BYTES], text[32];
    unsigned char bytes[32];
    hash_sha256("abc", 3, hash);
    hex_encode(hash, HASH_BYTES, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    struct hash_stream *stream = hash_stream_new();
    hash_stream_add(stream, "a", 1);
    hash_stream_add(stream, "bc", 2);
    hash_stream_finish(stream, bytes);
    assert_true(bytes_equal(bytes, hash, HASH_BYTES));
    hash_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, hash);
    hex_encode(hash, HASH_BYTES, hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    base64_encode("foob", 4, text);
    assert_string_equal(text, "Zm9vYg==");
    assert_int_equal(base64_decode("Zm9vYg==", 8, bytes), 4);
    assert_memory_equal(bytes, "foob", 4);
    assert_int_equal(base64_decode("Zm9vYg=", 7, bytes), ERR_INVALID);
    assert_int_equal(base64_decode(" Zm9vYg=", 8, bytes), ERR_INVALID);
    assert_int_equal(base64_decode("Zm9vYh==", 8, bytes), ERR_INVALID); // bits behind the last byte
    assert_int_equal(base64_decode("Zm9=Yg==", 8, bytes), ERR_INVALID);
    assert_int_equal(base64_decode("====", 4, bytes), ERR_INVALID);
    assert_int_equal(hex_decode("00fF", bytes, 2), 0);
    assert_int_equal(hex_decode("00f", bytes, 2), ERR_INVALID);
    assert_int_equal(hex_decode("00fg", bytes, 2), ERR_INVALID);
}

// Of every length, and with every character at every place: what is read is what was written, and what is none of the
// alphabet is found wherever it stands.
static void base64_of_any_length(void **state)
{
    (void)state;
    unsigned char bytes[200], back[201];
    char text[300];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 151 + (i >> 3) * 7);
    for (size_t size = 0; size <= sizeof(bytes); size++) {
        base64_encode(bytes, size, text);
        back[size] = 0x5a;
        assert_int_equal(base64_decode(text, strlen(text), back), size);
        assert_memory_equal(back, bytes, size);
        assert_int_equal(back[size], 0x5a); // and not a byte more
    }
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t place = 0; place < 200; place += place < 70 ? 1 : 13) {
        for (int c = 0; c < 256; c++) {
            memset(text, 'Q', 200);
            text[place] = (char)c;
            bool is_one = c != 0 && strchr(alphabet, c) != NULL;
            bool is_end = c == '=' && place == 199;
            int got = base64_decode(text, 200, back);
            if (is_end) // "QQQ=": bits behind the last byte
                assert_int_equal(got, base64_decode("QQQ=", 4, bytes) < 0 ? ERR_INVALID : 149);
            else
                assert_int_equal(got, is_one ? 150 : ERR_INVALID);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uuids_are_version_7_and_round_trip),
        cmocka_unit_test(ids_round_trip_and_have_one_form),
        cmocka_unit_test(known_hashes_and_texts),
        cmocka_unit_test(base64_of_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
