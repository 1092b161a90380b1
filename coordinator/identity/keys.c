#include "coordinator/identity/keys.h"

#include "base/file.h"
#include "base/arena.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SEAL_VERSION = 2,
    KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    ID_BYTES = 8, // of a key's name
    HEAD_BYTES = 1 + ID_BYTES + NONCE_BYTES,
    PURPOSE_MAX_BYTES = 32,
    PATH_BYTES = PATH_MAX
};
static_assert(KEYS_OVERHEAD_BYTES == HEAD_BYTES + TAG_BYTES, "the overhead is version, key, nonce and tag");

struct keys {
    char folder[PATH_BYTES]; // DATA/keys/persons
    struct note_key log;
    unsigned char signing_key[crypto_sign_SECRETKEYBYTES];
    unsigned char answer_key[KEY_BYTES], code_key[KEY_BYTES];
};

// --- opening ----------------------------------------------------------------------------------------------------------
static int read_log_key(const char *path, struct note_key *key, struct err *err)
{
    struct buf text;
    buf_init(&text, NOTE_KEY_BYTES);
    int rc = file_read(path, &text, err);
    if (rc == 0)
        rc = note_key_parse(text.data, key, err);
    sodium_memzero(text.data, text.length);
    buf_release(&text);
    if (rc == 0 && !key->can_sign)
        return err_set(err, ERR_INVALID, "%s holds no private key", path);
    return rc;
}

// The name says which log it is wherever its checkpoints travel; it never changes, even when the address does.
static int make_log_key(const char *path, struct note_key *key, struct err *err)
{
    char name[32], text[NOTE_KEY_BYTES];
    snprintf(name, sizeof(name), "plenum/%08x", randombytes_random());
    int rc = note_key_generate(name, key, err);
    if (rc < 0)
        return rc;
    note_key_format(key, true, text);
    rc = file_write(path, 0600, text, strlen(text), err);
    sodium_memzero(text, sizeof(text));
    return rc;
}

int keys_open(const char *data_folder, struct keys **ret_keys, struct err *err)
{
    if (sodium_init() < 0)
        return err_set(err, ERR_INTERNAL, "libsodium can't start");
    struct keys *keys = calloc(1, sizeof(*keys));
    if (keys == NULL)
        abort();
    char path[PATH_BYTES];
    int length = snprintf(keys->folder, sizeof(keys->folder), "%s/keys", data_folder);
    int rc = length < 0 || length > PATH_BYTES - 64
                 ? err_set(err, ERR_LIMIT, "the data folder's path is too long")
                 : file_make_folder(keys->folder, 0700, err);
    if (rc == 0) {
        snprintf(path, sizeof(path), "%.*s/log.key", length, keys->folder);
        rc = read_log_key(path, &keys->log, err);
        if (rc == ERR_NOT_FOUND)
            rc = make_log_key(path, &keys->log, err);
    }
    if (rc == 0) {
        snprintf(keys->folder + length, sizeof(keys->folder) - (size_t)length, "/persons");
        rc = file_make_folder(keys->folder, 0700, err);
    }
    if (rc < 0) {
        keys_free(keys);
        return rc;
    }
    unsigned char public_key[ED25519_BYTES];
    static const unsigned char answers[] = "plenum stored answers";
    crypto_sign_seed_keypair(public_key, keys->signing_key, keys->log.seed);
    crypto_generichash(keys->answer_key, sizeof(keys->answer_key), answers, sizeof(answers) - 1,
        keys->log.seed, sizeof(keys->log.seed));
    static const unsigned char codes[] = "plenum quota cells";
    crypto_generichash(keys->code_key, sizeof(keys->code_key), codes, sizeof(codes) - 1, keys->log.seed,
        sizeof(keys->log.seed));
    *ret_keys = keys;
    return 0;
}

void keys_free(struct keys *keys)
{
    if (keys == NULL)
        return;
    note_key_clear(&keys->log);
    sodium_memzero(keys->signing_key, sizeof(keys->signing_key));
    sodium_memzero(keys->answer_key, sizeof(keys->answer_key));
    sodium_memzero(keys->code_key, sizeof(keys->code_key));
    free(keys);
}

const struct note_key *keys_log(const struct keys *keys)
{
    return &keys->log;
}

// --- a person's keys ----------------------------------------------------------------------------------------------------
struct place {
    char folder[PATH_BYTES], path[PATH_BYTES];
};

static const unsigned char text_key[ID_BYTES]; // its name: all zero

// 256 folders, by the last byte: the first ones of a UUIDv7 are a time and would fill one folder after the other.
static void find_place(
    const struct keys *keys, struct uuid person, const unsigned char id[ID_BYTES], struct place *place)
{
    char text[UUID_TEXT_BYTES], name[2 * ID_BYTES + 1];
    uuid_format(person, text);
    hex_encode(id, ID_BYTES, name);
    int length = (int)strnlen(keys->folder, PATH_BYTES - 96), last = person.bytes[UUID_BYTES - 1];
    snprintf(place->folder, PATH_BYTES, "%.*s/%02x", length, keys->folder, last);
    snprintf(place->path, PATH_BYTES, "%.*s/%02x/%s.%s", length, keys->folder, last, text, name);
}

static int read_key(const struct place *place, unsigned char key[KEY_BYTES], struct err *err)
{
    int fd = open(place->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno != ENOENT)
        return err_set_errno(err, "a person's key");
    ssize_t got = fd >= 0 ? read(fd, key, KEY_BYTES) : 0;
    if (fd >= 0)
        close(fd);
    if (got == 0) // or what stands in its place for ever
        return err_set(err, ERR_NOT_FOUND, "the person's key is gone");
    return got == KEY_BYTES ? 0 : err_set(err, ERR_IO, "a person's key is cut");
}

static int sync_folder(const struct place *place, struct err *err)
{
    int fd = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) // no folder: nothing was ever in it
        return errno == ENOENT ? 0 : err_set_errno(err, "a folder of keys");
    int rc = fsync(fd) == 0 ? 0 : err_set_errno(err, "a folder of keys");
    close(fd);
    return rc;
}

static int write_synced(const char *path, const unsigned char key[KEY_BYTES], struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set_errno(err, "a person's key");
    bool written = write(fd, key, KEY_BYTES) == KEY_BYTES && fsync(fd) == 0;
    int rc = written ? 0 : err_set_errno(err, "a person's key");
    close(fd);
    return rc;
}

// Written aside and linked to its name, which fails when the name is taken: of two makers one wins, whole.
static int make_key(const struct place *place, unsigned char key[KEY_BYTES], struct err *err)
{
    char aside[PATH_BYTES];
    int rc = file_make_folder(place->folder, 0700, err);
    if (rc < 0)
        return rc;
    snprintf(aside, sizeof(aside), "%.*s/.new-%08x%08x", PATH_BYTES - 64, place->folder, randombytes_random(),
        randombytes_random());
    randombytes_buf(key, KEY_BYTES);
    rc = write_synced(aside, key, err);
    if (rc == 0 && link(aside, place->path) != 0)
        rc = errno == EEXIST ? ERR_CONFLICT : err_set_errno(err, "a person's key");
    unlink(aside);
    if (rc == ERR_CONFLICT)
        return read_key(place, key, err);
    return rc == 0 ? sync_folder(place, err) : rc;
}

// Overwritten and emptied where it lies, before any name goes away: a removed file's bytes would stay on the disk.
static int empty_file(const struct place *place, int flags, struct err *err)
{
    unsigned char noise[KEY_BYTES];
    int fd = open(place->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : err_set_errno(err, "a person's key");
    randombytes_buf(noise, sizeof(noise));
    bool emptied = pwrite(fd, noise, sizeof(noise), 0) == (ssize_t)sizeof(noise) && fsync(fd) == 0 &&
                   ftruncate(fd, 0) == 0 && fsync(fd) == 0;
    int rc = emptied ? 0 : err_set_errno(err, "a person's key");
    close(fd);
    return rc;
}

static size_t associated(
    struct uuid person, enum keys_purpose purpose, unsigned char out[UUID_BYTES + PURPOSE_MAX_BYTES])
{
    static const char *const names[] = {[KEYS_DEMOGRAPHICS] = "demographics", [KEYS_TEXT] = "text"};
    size_t length = strlen(names[purpose]);
    memcpy(out, person.bytes, UUID_BYTES);
    memcpy(out + UUID_BYTES, names[purpose], length);
    return UUID_BYTES + length;
}

int keys_seal(const struct keys *keys, struct uuid person, enum keys_purpose purpose, const void *data,
    size_t size, struct buf *out, struct err *err)
{
    struct place place;
    unsigned char id[ID_BYTES] = {0}, key[KEY_BYTES], extra[UUID_BYTES + PURPOSE_MAX_BYTES];
    if (size > KEYS_SEALED_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "too much to seal");
    while (purpose != KEYS_TEXT && memcmp(id, text_key, ID_BYTES) == 0)
        randombytes_buf(id, ID_BYTES);
    find_place(keys, person, id, &place);
    int rc = purpose == KEYS_TEXT ? read_key(&place, key, err) : ERR_NOT_FOUND;
    if (rc == ERR_NOT_FOUND)
        rc = make_key(&place, key, err);
    if (rc < 0)
        return rc;
    unsigned char *at = (unsigned char *)buf_reserve(out, size + KEYS_OVERHEAD_BYTES);
    if (at != NULL) {
        at[0] = SEAL_VERSION;
        memcpy(at + 1, id, ID_BYTES);
        randombytes_buf(at + 1 + ID_BYTES, NONCE_BYTES);
        unsigned long long sealed_size = 0;
        crypto_aead_xchacha20poly1305_ietf_encrypt(at + HEAD_BYTES, &sealed_size, data, size, extra,
            associated(person, purpose, extra), NULL, at + 1 + ID_BYTES, key);
        buf_advance(out, size + KEYS_OVERHEAD_BYTES);
    }
    sodium_memzero(key, sizeof(key));
    return at != NULL ? 0 : err_set(err, ERR_LIMIT, "too much to seal");
}

// The place of the key that the bytes name.
static int place_of(const struct keys *keys, struct uuid person, const unsigned char *sealed, size_t size,
    struct place *place, struct err *err)
{
    if (size < KEYS_OVERHEAD_BYTES || size > KEYS_SEALED_MAX_BYTES + KEYS_OVERHEAD_BYTES ||
        sealed[0] != SEAL_VERSION)
        return err_set(err, ERR_CRYPTO, "not something sealed here");
    find_place(keys, person, sealed + 1, place);
    return 0;
}

int keys_unseal(const struct keys *keys, struct uuid person, enum keys_purpose purpose, const void *sealed,
    size_t size, struct buf *out, struct err *err)
{
    struct place place;
    unsigned char key[KEY_BYTES], extra[UUID_BYTES + PURPOSE_MAX_BYTES];
    const unsigned char *at = sealed;
    int rc = place_of(keys, person, at, size, &place, err);
    if (rc == 0)
        rc = read_key(&place, key, err);
    if (rc < 0)
        return rc;
    size_t plain_size = size - KEYS_OVERHEAD_BYTES;
    unsigned char *plain = (unsigned char *)buf_reserve(out, plain_size);
    if (plain == NULL)
        rc = err_set(err, ERR_LIMIT, "too much was sealed");
    else if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, at + HEAD_BYTES, size - HEAD_BYTES,
                 extra, associated(person, purpose, extra), at + 1 + ID_BYTES, key) != 0)
        rc = err_set(err, ERR_CRYPTO, "sealed with another key or for something else");
    else
        buf_advance(out, plain_size);
    sodium_memzero(key, sizeof(key));
    return rc;
}

int keys_forget(const struct keys *keys, struct uuid person, const void *sealed, size_t size, struct err *err)
{
    struct place place;
    int rc = place_of(keys, person, sealed, size, &place, err);
    if (rc < 0)
        return rc;
    rc = empty_file(&place, 0, err);
    if (rc == 0 && unlink(place.path) != 0 && errno != ENOENT)
        rc = err_set_errno(err, "a person's key");
    // Also when it was gone: whoever removed it may have died before the folder was on disk.
    return rc == 0 || rc == ERR_NOT_FOUND ? sync_folder(&place, err) : rc;
}

int keys_forget_text(const struct keys *keys, struct uuid person, struct err *err)
{
    struct place place;
    find_place(keys, person, text_key, &place);
    int rc = file_make_folder(place.folder, 0700, err);
    if (rc == 0)
        rc = empty_file(&place, O_CREAT, err);
    return rc == 0 ? sync_folder(&place, err) : rc;
}

static json_t *open_json(
    const struct keys *keys, struct uuid person, enum keys_purpose purpose, const void *sealed, size_t size)
{
    struct buf plain;
    struct err err;
    json_t *json = NULL;
    if (sealed == NULL || size == 0)
        return NULL;
    buf_init(&plain, KEYS_SEALED_MAX_BYTES);
    if (keys_unseal(keys, person, purpose, sealed, size, &plain, &err) == 0)
        json = json_loadb(plain.data, plain.length, JSON_REJECT_DUPLICATES, NULL);
    sodium_memzero(plain.data, plain.length);
    buf_release(&plain);
    return json;
}

json_t *identity_open_demographics(
    const struct keys *keys, struct uuid person, const void *sealed, size_t size)
{
    return open_json(keys, person, KEYS_DEMOGRAPHICS, sealed, size);
}

json_t *identity_open_words(const struct keys *keys, struct uuid person, const void *sealed, size_t size)
{
    return open_json(keys, person, KEYS_TEXT, sealed, size);
}

// --- receipts -----------------------------------------------------------------------------------------------------------
enum { RECEIPT_PART_MAX_BYTES = 4096 };

static void add_base64url(struct buf *out, const void *data, size_t size)
{
    size_t length = sodium_base64_ENCODED_LEN(size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *at = buf_reserve(out, length);
    if (at == NULL)
        return;
    sodium_bin2base64(at, length, data, size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    buf_advance(out, length - 1);
}

void keys_sign_receipt(const struct keys *keys, const char *claims, size_t size, struct buf *out)
{
    unsigned char signature[crypto_sign_BYTES];
    size_t before = out->length;
    add_base64url(out, claims, size);
    crypto_sign_detached(
        signature, NULL, (const unsigned char *)out->data + before, out->length - before, keys->signing_key);
    buf_add_char(out, '.');
    add_base64url(out, signature, sizeof(signature));
}

int keys_verify_receipt(
    const unsigned char public_key[ED25519_BYTES], const char *receipt, struct buf *claims)
{
    unsigned char bytes[RECEIPT_PART_MAX_BYTES], signature[crypto_sign_BYTES];
    const char *dot = strchr(receipt, '.');
    size_t size = 0, signature_size = 0;
    if (dot == NULL ||
        sodium_base642bin(bytes, sizeof(bytes), receipt, (size_t)(dot - receipt), NULL, &size, NULL,
            sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        sodium_base642bin(signature, sizeof(signature), dot + 1, strlen(dot + 1), NULL, &signature_size, NULL,
            sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        signature_size != sizeof(signature))
        return ERR_INVALID;
    if (crypto_sign_verify_detached(
            signature, (const unsigned char *)receipt, (size_t)(dot - receipt), public_key) != 0)
        return ERR_CRYPTO;
    buf_add(claims, bytes, size);
    return buf_check(claims);
}

// --- codes ----------------------------------------------------------------------------------------------------------------
void keys_code(
    const struct keys *keys, int64_t shard_key, const char *text, unsigned char code[KEYS_CODE_BYTES])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, keys->code_key, sizeof(keys->code_key), KEYS_CODE_BYTES);
    crypto_generichash_update(&state, (const unsigned char *)&shard_key, sizeof(shard_key));
    crypto_generichash_update(&state, (const unsigned char *)text, strlen(text));
    crypto_generichash_final(&state, code, KEYS_CODE_BYTES);
}

// --- answers kept for a retry -------------------------------------------------------------------------------------------
const char *keys_seal_answer(
    const struct keys *keys, struct arena *arena, struct uuid context, const char *answer)
{
    size_t size = strlen(answer), sealed_size = NONCE_BYTES + size + TAG_BYTES;
    unsigned char *sealed = arena_alloc(arena, sealed_size);
    randombytes_buf(sealed, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE_BYTES, NULL, (const unsigned char *)answer,
        size, context.bytes, UUID_BYTES, NULL, sealed, keys->answer_key);
    char *text = arena_alloc(arena, 2 * sealed_size + 1);
    hex_encode(sealed, sealed_size, text);
    return text;
}

const char *keys_open_answer(
    const struct keys *keys, struct arena *arena, struct uuid context, const char *sealed)
{
    size_t size = strlen(sealed) / 2;
    if (size < NONCE_BYTES + TAG_BYTES)
        return NULL;
    unsigned char *bytes = arena_alloc(arena, size);
    char *answer = arena_alloc(arena, size - NONCE_BYTES - TAG_BYTES + 1);
    if (hex_decode(sealed, bytes, size) < 0 ||
        crypto_aead_xchacha20poly1305_ietf_decrypt((unsigned char *)answer, NULL, NULL, bytes + NONCE_BYTES,
            size - NONCE_BYTES, context.bytes, UUID_BYTES, bytes, keys->answer_key) != 0)
        return NULL;
    answer[size - NONCE_BYTES - TAG_BYTES] = '\0';
    return answer;
}
