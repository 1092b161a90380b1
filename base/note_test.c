// Against the published example of Go's note package (Ed25519 is deterministic, so bytes must agree), and bad input.
#include "base/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PRIVATE_KEY "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define PUBLIC_KEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define TEXT                                                                                                 \
    "If you think cryptography is the answer to your problem,\n"                                             \
    "then you don't know what your problem is.\n"
#define SIGNATURE                                                                                            \
    "\xe2\x80\x94 PeterNeumann "                                                                             \
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

static void test_known_note(void **state)
{
    (void)state;
    struct note_key signer, verifier;
    struct err err;
    struct buf out;
    char text[NOTE_KEY_BYTES];
    assert_int_equal(note_key_parse(PRIVATE_KEY, &signer, &err), 0);
    assert_int_equal(note_key_parse(PUBLIC_KEY "\n", &verifier, &err), 0);
    assert_true(signer.can_sign);
    assert_false(verifier.can_sign);
    note_key_format(&signer, true, text);
    assert_string_equal(text, PRIVATE_KEY);
    note_key_format(&signer, false, text);
    assert_string_equal(text, PUBLIC_KEY);
    buf_init(&out, NOTE_MAX_BYTES);
    assert_int_equal(note_sign(&signer, TEXT, &out), 0);
    assert_string_equal(out.data, TEXT "\n" SIGNATURE);
    size_t size = 0;
    assert_int_equal(note_verify(&verifier, out.data, out.length, &size, &err), 0);
    assert_int_equal(size, strlen(TEXT));
    buf_release(&out);
}

static void test_generate(void **state)
{
    (void)state;
    struct note_key key, again;
    struct err err;
    struct buf out;
    char text[NOTE_KEY_BYTES];
    assert_int_equal(note_key_generate("plenum.example/audit", &key, &err), 0);
    note_key_format(&key, true, text);
    assert_int_equal(note_key_parse(text, &again, &err), 0);
    assert_memory_equal(again.public_key, key.public_key, ED25519_BYTES);
    buf_init(&out, NOTE_MAX_BYTES);
    assert_int_equal(note_sign(&key, "a\n\nb\n", &out), 0); // an empty line inside the text
    size_t size = 0;
    assert_int_equal(note_verify(&again, out.data, out.length, &size, &err), 0);
    assert_int_equal(size, 5);
    // Any byte of text or signature changed: refused.
    for (size_t i = 0; i < out.length; i++) {
        out.data[i] ^= 1;
        assert_true(note_verify(&again, out.data, out.length, &size, &err) < 0);
        out.data[i] ^= 1;
    }
    assert_int_equal(note_key_generate("two words", &key, &err), ERR_INVALID);
    assert_int_equal(note_key_generate("a+b", &key, &err), ERR_INVALID);
    assert_int_equal(note_key_generate("", &key, &err), ERR_INVALID);
    buf_release(&out);
}

static void test_bad_keys(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "+", "name", "name+c74f20a3", "name+c74f20a3+",
        "name+xyz+AA==", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "PRIVATE+KEY+",
        "PRIVATE+KEY+PeterNeumann", "PeterNeumann+c74f20a3+AR=="};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct note_key key;
        struct err err;
        assert_int_equal(note_key_parse(bad[i], &key, &err), ERR_INVALID);
    }
}

static void test_bad_notes(void **state)
{
    (void)state;
    static const struct {
        const char *note;
        int code;
    } bad[] = {
        {"", ERR_INVALID},
        {"\n", ERR_INVALID},
        {TEXT, ERR_INVALID},
        {TEXT "\n", ERR_NOT_FOUND},
        {TEXT "\n\xe2\x80\x94 PeterNeumann\n", ERR_INVALID},
        {TEXT "\n- PeterNeumann AAAAAAAA\n", ERR_INVALID},
        {TEXT "\n\xe2\x80\x94 PeterNeumann ====\n", ERR_INVALID},
        {TEXT "\n\xe2\x80\x94 Another x08go/ZJkuBS\n", ERR_NOT_FOUND},
        {TEXT "\n\xe2\x80\x94 PeterNeumann x08go/ZJkuBS\n", ERR_CRYPTO},
        {"changed " TEXT "\n" SIGNATURE, ERR_CRYPTO},
        {"tab\t\n\n" SIGNATURE, ERR_INVALID},
    };
    struct note_key key;
    struct err err;
    assert_int_equal(note_key_parse(PUBLIC_KEY, &key, &err), 0);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        size_t size;
        assert_int_equal(note_verify(&key, bad[i].note, strlen(bad[i].note), &size, &err), bad[i].code);
    }
}

static void test_checkpoint(void **state)
{
    (void)state;
    struct checkpoint checkpoint = {.origin = "plenum.example/audit", .size = 1234567}, again;
    struct err err;
    struct buf out;
    memset(checkpoint.root, 0xab, HASH_BYTES);
    buf_init(&out, NOTE_MAX_BYTES);
    checkpoint_format(&checkpoint, &out);
    assert_string_equal(
        out.data, "plenum.example/audit\n1234567\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n");
    assert_int_equal(checkpoint_parse(out.data, out.length, &again, &err), 0);
    assert_memory_equal(&again, &checkpoint, sizeof(again));
    static const char *const bad[] = {"", "a\n", "a\n1\n",
        "a\n01\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n",
        "a\n-1\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n",
        "a\n\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n", "a\n1\nq6ur\n",
        "\n1\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n",
        "a\n99999999999999999999\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(checkpoint_parse(bad[i], strlen(bad[i]), &again, &err), ERR_INVALID);
    buf_release(&out);
}

// Made by another implementation: Node's crypto over the example key.
#define RECEIPT                                                                                              \
    "eyJhIjoiw7_DvsO9In0."                                                                                   \
    "zUioMJtiWrTQG7si871eUuLLJbGegOoGj2W4hxxWdDekVusMPw2FJvoAz5wtedAaVUcBA5Q-UvcRQFoKBkYLAg"

static void test_receipt(void **state)
{
    (void)state;
    struct note_key key;
    struct err err;
    struct buf claims;
    char text[] = RECEIPT;
    buf_init(&claims, 1000);
    assert_int_equal(note_key_parse(PUBLIC_KEY, &key, &err), 0);
    assert_int_equal(receipt_verify(&key, text, strlen(text), &claims, &err), 0);
    assert_string_equal(claims.data, "{\"a\":\"\xc3\xbf\xc3\xbe\xc3\xbd\"}");
    for (size_t i = 0; i < strlen(text); i++) {
        char kept = text[i];
        text[i] = kept == 'A' ? 'B' : 'A';
        int rc = receipt_verify(&key, text, strlen(text), &claims, &err);
        // The last digit of the signature holds two bits only; the other four are not part of it.
        assert_true(rc < 0 || i == strlen(text) - 1);
        text[i] = kept;
    }
    static const char *const bad[] = {"", ".", "a.b", "e30", "e30.", "e30.e30", "e30=.e30=", "e+0.e30"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(receipt_verify(&key, bad[i], strlen(bad[i]), &claims, &err), ERR_INVALID);
    buf_release(&claims);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_note),
        cmocka_unit_test(test_generate),
        cmocka_unit_test(test_bad_keys),
        cmocka_unit_test(test_bad_notes),
        cmocka_unit_test(test_checkpoint),
        cmocka_unit_test(test_receipt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
