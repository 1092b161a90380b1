#include "coordinator/identity/keys.h"

#include "base/arena.h"
#include "base/hash.h"
#include "coordinator/identity/secrets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char folder[64];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/plenum-keys-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *walk)
{
    (void)about;
    (void)type;
    (void)walk;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct keys *opened(void)
{
    struct keys *keys = NULL;
    struct err err;
    assert_int_equal(keys_open(folder, &keys, &err), 0);
    return keys;
}

static void what_is_sealed_opens_for_the_same_person_and_purpose(void **state)
{
    (void)state;
    struct keys *keys = opened();
    struct uuid person = uuid_new(), other = uuid_new();
    struct buf sealed, plain;
    struct err err;
    buf_init(&sealed, 4096);
    buf_init(&plain, 4096);
    assert_int_equal(keys_seal(keys, person, KEYS_TEXT, "words", 5, &sealed, &err), 0);
    assert_int_equal(sealed.length, 5 + KEYS_OVERHEAD_BYTES);
    assert_null(memmem(sealed.data, sealed.length, "words", 5));
    assert_int_equal(keys_unseal(keys, person, KEYS_TEXT, sealed.data, sealed.length, &plain, &err), 0);
    assert_string_equal(plain.data, "words");
    assert_int_equal(
        keys_unseal(keys, person, KEYS_DEMOGRAPHICS, sealed.data, sealed.length, &plain, &err), ERR_CRYPTO);
    assert_int_equal(
        keys_unseal(keys, other, KEYS_TEXT, sealed.data, sealed.length, &plain, &err), ERR_NOT_FOUND);
    sealed.data[sealed.length - 1] ^= 1;
    assert_int_equal(
        keys_unseal(keys, person, KEYS_TEXT, sealed.data, sealed.length, &plain, &err), ERR_CRYPTO);
    assert_int_equal(keys_unseal(keys, person, KEYS_TEXT, sealed.data, 3, &plain, &err), ERR_CRYPTO);
    buf_release(&sealed);
    buf_release(&plain);
    keys_free(keys);
}

static void a_forgotten_key_forgets_what_it_sealed_and_no_more(void **state)
{
    (void)state;
    struct keys *keys = opened();
    struct uuid person = uuid_new();
    struct buf first, second, words, plain;
    struct err err;
    struct buf *all[] = {&first, &second, &words, &plain};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        buf_init(all[i], 4096);
    assert_int_equal(keys_seal(keys, person, KEYS_DEMOGRAPHICS, "{\"age\":\"a\"}", 11, &first, &err), 0);
    assert_int_equal(keys_seal(keys, person, KEYS_DEMOGRAPHICS, "{\"age\":\"b\"}", 11, &second, &err), 0);
    assert_int_equal(keys_seal(keys, person, KEYS_TEXT, "words", 5, &words, &err), 0);
    assert_int_equal(keys_forget(keys, person, first.data, first.length, &err), 0);
    assert_int_equal(keys_forget(keys, person, first.data, first.length, &err), 0);
    assert_int_equal(
        keys_unseal(keys, person, KEYS_DEMOGRAPHICS, first.data, first.length, &plain, &err), ERR_NOT_FOUND);
    assert_null(identity_open_demographics(keys, person, first.data, first.length));
    assert_null(identity_open_demographics(keys, person, NULL, 0));
    json_t *answers = identity_open_demographics(keys, person, second.data, second.length);
    assert_string_equal(json_string_value(json_object_get(answers, "age")), "b");
    json_decref(answers);
    assert_int_equal(keys_unseal(keys, person, KEYS_TEXT, words.data, words.length, &plain, &err), 0);
    assert_string_equal(plain.data, "words");
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        buf_release(all[i]);
    keys_free(keys);
}

static void erased_words_are_followed_by_no_others(void **state)
{
    (void)state;
    struct keys *keys = opened();
    struct uuid written = uuid_new(), silent = uuid_new();
    struct buf sealed, plain;
    struct err err;
    buf_init(&sealed, 4096);
    buf_init(&plain, 4096);
    assert_int_equal(keys_seal(keys, written, KEYS_TEXT, "words", 5, &sealed, &err), 0);
    for (int i = 0; i < 2; i++) { // twice is once
        assert_int_equal(keys_forget_text(keys, written, &err), 0);
        assert_int_equal(keys_forget_text(keys, silent, &err), 0);
    }
    assert_int_equal(
        keys_unseal(keys, written, KEYS_TEXT, sealed.data, sealed.length, &plain, &err), ERR_NOT_FOUND);
    assert_int_equal(keys_seal(keys, written, KEYS_TEXT, "more", 4, &sealed, &err), ERR_NOT_FOUND);
    assert_int_equal(keys_seal(keys, silent, KEYS_TEXT, "more", 4, &sealed, &err), ERR_NOT_FOUND);
    buf_release(&sealed);
    buf_release(&plain);
    keys_free(keys);
}

static void key_files_are_for_nobody_else(void **state)
{
    (void)state;
    struct keys *keys = opened();
    struct uuid person = uuid_new();
    struct buf sealed;
    struct err err;
    struct stat about;
    char path[256], text[UUID_TEXT_BYTES];
    buf_init(&sealed, 4096);
    assert_int_equal(keys_seal(keys, person, KEYS_TEXT, "", 0, &sealed, &err), 0);
    uuid_format(person, text);
    snprintf(path, sizeof(path), "%s/keys/persons/%02x/%s.0000000000000000", folder,
        person.bytes[UUID_BYTES - 1], text);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    snprintf(path, sizeof(path), "%s/keys/log.key", folder);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    buf_release(&sealed);
    keys_free(keys);
}

static void receipts_hold_against_the_public_key_alone(void **state)
{
    (void)state;
    struct keys *keys = opened();
    unsigned char public_key[ED25519_BYTES];
    struct buf receipt, claims;
    static const char said[] = "{\"at\":\"2026-11-20T20:47:00Z\",\"type\":\"judgment\"}";
    buf_init(&receipt, 4096);
    buf_init(&claims, 4096);
    keys_sign_receipt(keys, said, strlen(said), &receipt);
    memcpy(public_key, keys_log(keys)->public_key, ED25519_BYTES);
    keys_free(keys);
    keys = opened(); // the same key after a restart
    assert_memory_equal(public_key, keys_log(keys)->public_key, ED25519_BYTES);
    assert_int_equal(keys_verify_receipt(public_key, receipt.data, &claims), 0);
    assert_string_equal(claims.data, said);
    receipt.data[3] = receipt.data[3] == 'a' ? 'b' : 'a';
    assert_int_equal(keys_verify_receipt(public_key, receipt.data, &claims), ERR_CRYPTO);
    assert_int_equal(keys_verify_receipt(public_key, "nothing", &claims), ERR_INVALID);
    buf_release(&receipt);
    buf_release(&claims);
    keys_free(keys);
}

static void answers_are_kept_sealed(void **state)
{
    (void)state;
    struct keys *keys = opened();
    struct arena *arena = arena_new(64 * 1024);
    struct uuid context = uuid_new();
    static const char answer[] = "{\"token\":\"plm_secret\"}";
    const char *sealed = keys_seal_answer(keys, arena, context, answer);
    assert_null(strstr(sealed, "secret"));
    keys_free(keys);
    keys = opened(); // after a restart
    assert_string_equal(keys_open_answer(keys, arena, context, sealed), answer);
    assert_null(keys_open_answer(keys, arena, uuid_new(), sealed));
    assert_null(keys_open_answer(keys, arena, context, "00"));
    assert_null(keys_open_answer(keys, arena, context, ""));
    char *changed = arena_strdup(arena, sealed);
    changed[60] = changed[60] == '0' ? '1' : '0';
    assert_null(keys_open_answer(keys, arena, context, changed));
    arena_free(arena);
    keys_free(keys);
}

static void secrets_have_one_form(void **state)
{
    (void)state;
    char secret[SECRET_TEXT_BYTES], code[RECOVERY_TEXT_BYTES], invitation[ID_TEXT_BYTES];
    unsigned char hash[HASH_BYTES], again[HASH_BYTES];
    int64_t shard_key = 0;
    secret_new(secret);
    assert_int_equal(secret_hash(secret, hash), 0);
    secret[10] = '!';
    assert_int_equal(secret_hash(secret, hash), ERR_INVALID);
    assert_int_equal(secret_hash("plm_", hash), ERR_INVALID);
    recovery_new(code);
    assert_int_equal(recovery_hash(code, hash), 0);
    for (char *c = code; *c != '\0'; c++)
        *c = *c == '-' ? ' ' : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    assert_int_equal(recovery_hash(code, again), 0);
    assert_memory_equal(hash, again, HASH_BYTES);
    assert_int_equal(recovery_hash("abc", again), ERR_INVALID);
    invitation_code_new(42, invitation, hash);
    assert_int_equal(invitation_code_parse(invitation, &shard_key, again), 0);
    assert_int_equal(shard_key, 42);
    assert_memory_equal(hash, again, HASH_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            what_is_sealed_opens_for_the_same_person_and_purpose, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_forgotten_key_forgets_what_it_sealed_and_no_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(erased_words_are_followed_by_no_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(key_files_are_for_nobody_else, set_up, tear_down),
        cmocka_unit_test_setup_teardown(receipts_hold_against_the_public_key_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_are_kept_sealed, set_up, tear_down),
        cmocka_unit_test(secrets_have_one_form)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
