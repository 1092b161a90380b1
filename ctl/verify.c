// plenum verify: what a stranger needs to check the log and a receipt, with files alone and no server. Says a line for
// each thing that holds, and stops at the first that does not.
#include "base/file.h"
#include "base/merkle.h"
#include "base/note.h"
#include "ctl/command.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct config_setting settings[] = {
    {"key", NULL, NULL, "file with the log's key, as GET /audit/key gave it (required)"},
    {"checkpoint", NULL, NULL, "file with a checkpoint, as GET /audit/checkpoint gave it"},
    {"proof", NULL, NULL, "file with an inclusion proof, as GET /audit/proof?entry=ID gave it"},
    {"receipt", NULL, NULL, "file with a receipt"},
    {"older", NULL, NULL,
        "file with a checkpoint seen before; then --consistency shows that nothing was taken back"},
    {"consistency", NULL, NULL, "file with a consistency proof, as GET /audit/consistency?from=SIZE gave it"},
    {0},
};

enum { FILE_MAX_BYTES = 1024 * 1024 };

struct evidence {
    struct note_key key;
    struct checkpoint checkpoint;
    bool has_checkpoint;
    json_t *proof, *entry; // NULL: none was given
    unsigned char leaf_hash[HASH_BYTES];
};

static int read_text(const struct config *config, const char *name, struct buf *out, struct err *err)
{
    buf_init(out, FILE_MAX_BYTES);
    int rc = file_read(config_text(config, name), out, err);
    return rc < 0 ? err_prefix(err, "--%s", name) : 0;
}

static int check_key(const struct config *config, struct evidence *evidence, struct err *err)
{
    struct buf text;
    if (config_text(config, "key") == NULL)
        return err_set(err, ERR_INVALID, "--key is required: whose signature is to hold?");
    int rc = read_text(config, "key", &text, err);
    if (rc == 0)
        rc = note_key_parse(text.data, &evidence->key, err);
    buf_release(&text);
    return rc;
}

static int check_note(struct evidence *evidence, const char *note, size_t size,
    struct checkpoint *ret_checkpoint, struct err *err)
{
    size_t text_size = 0;
    int rc = note_verify(&evidence->key, note, size, &text_size, err);
    if (rc == 0)
        rc = checkpoint_parse(note, text_size, ret_checkpoint, err);
    if (rc == 0 && strcmp(ret_checkpoint->origin, evidence->key.name) != 0)
        rc = err_set(err, ERR_CRYPTO, "the checkpoint is of the log %s", ret_checkpoint->origin);
    return rc < 0 ? err_prefix(err, "checkpoint") : 0;
}

static int check_checkpoint(const struct config *config, struct evidence *evidence, struct err *err)
{
    struct buf note;
    if (config_text(config, "checkpoint") == NULL)
        return 0;
    int rc = read_text(config, "checkpoint", &note, err);
    if (rc == 0)
        rc = check_note(evidence, note.data, note.length, &evidence->checkpoint, err);
    buf_release(&note);
    if (rc < 0)
        return rc;
    evidence->has_checkpoint = true;
    printf("checkpoint: signed by %s, %" PRIu64 " entries\n", evidence->key.name, evidence->checkpoint.size);
    return 0;
}

// --- the proof -----------------------------------------------------------------------------------------------------
static int read_hashes(const json_t *hashes, struct merkle_proof *proof)
{
    *proof = (struct merkle_proof){0};
    if (!json_is_array(hashes) || json_array_size(hashes) > MERKLE_PROOF_MAX)
        return ERR_INVALID;
    for (size_t i = 0; i < json_array_size(hashes); i++) {
        const char *hex = json_string_value(json_array_get(hashes, i));
        if (hex == NULL || hex_decode(hex, proof->hashes[proof->n++], HASH_BYTES) < 0)
            return ERR_INVALID;
    }
    return 0;
}

// The checkpoint that a proof brings must hold, too; a proof for another size than --checkpoint proves nothing of it.
static int settle_checkpoint(struct evidence *evidence, const json_t *proof, struct err *err)
{
    const char *note = json_string_value(json_object_get(proof, "checkpoint"));
    struct checkpoint brought;
    if (note == NULL)
        return evidence->has_checkpoint ? 0
                                        : err_set(err, ERR_INVALID, "the proof has no checkpoint; give one");
    int rc = check_note(evidence, note, strlen(note), &brought, err);
    if (rc < 0)
        return rc;
    if (!evidence->has_checkpoint) {
        evidence->checkpoint = brought;
        evidence->has_checkpoint = true;
        printf("checkpoint: signed by %s, %" PRIu64 " entries\n", evidence->key.name, brought.size);
    } else if (brought.size != evidence->checkpoint.size) {
        return err_set(err, ERR_INVALID,
            "the proof is for %" PRIu64 " entries and the checkpoint for %" PRIu64, brought.size,
            evidence->checkpoint.size);
    } else if (!bytes_equal(brought.root, evidence->checkpoint.root, HASH_BYTES)) {
        return err_set(err, ERR_CRYPTO, "two signed checkpoints of one size differ: the log was forked");
    }
    return 0;
}

static int check_inclusion(struct evidence *evidence, struct err *err)
{
    const json_t *proof = evidence->proof;
    const char *entry = json_string_value(json_object_get(proof, "entry"));
    json_int_t sequence = json_integer_value(json_object_get(proof, "sequence"));
    struct merkle_proof path;
    int rc = settle_checkpoint(evidence, proof, err);
    if (rc < 0)
        return rc;
    if (entry == NULL || !json_is_integer(json_object_get(proof, "sequence")) || sequence < 0 ||
        read_hashes(json_object_get(proof, "hashes"), &path) < 0)
        return err_set(err, ERR_INVALID, "the proof lacks entry, sequence or hashes");
    merkle_leaf(entry, strlen(entry), evidence->leaf_hash);
    if (merkle_verify_inclusion((uint64_t)sequence, evidence->checkpoint.size, evidence->leaf_hash, &path,
            evidence->checkpoint.root) < 0)
        return err_set(err, ERR_CRYPTO, "the proof does not lead from its entry to the checkpoint's root");
    evidence->entry = json_loads(entry, JSON_REJECT_DUPLICATES, NULL);
    if (evidence->entry == NULL)
        return err_set(err, ERR_INVALID, "the entry is not JSON");
    printf("proof: entry %lld of %" PRIu64 " is %s\n", (long long)sequence, evidence->checkpoint.size, entry);
    return 0;
}

static int read_json(const struct config *config, const char *name, json_t **ret_json, struct err *err)
{
    struct buf text;
    int rc = read_text(config, name, &text, err);
    if (rc == 0)
        *ret_json = json_loadb(text.data, text.length, JSON_REJECT_DUPLICATES, NULL);
    buf_release(&text);
    return rc < 0 || json_is_object(*ret_json) ? rc
                                               : err_set(err, ERR_INVALID, "--%s is not a JSON object", name);
}

static int check_proof(const struct config *config, struct evidence *evidence, struct err *err)
{
    if (config_text(config, "proof") == NULL)
        return 0;
    int rc = read_json(config, "proof", &evidence->proof, err);
    if (rc < 0)
        return rc;
    return check_inclusion(evidence, err);
}

// --- nothing taken back ----------------------------------------------------------------------------------------------
static int compare_with_older(
    struct evidence *evidence, const struct checkpoint *older, const json_t *proof, struct err *err)
{
    struct merkle_proof path;
    int rc = settle_checkpoint(evidence, proof, err);
    if (rc < 0)
        return rc;
    if (read_hashes(json_object_get(proof, "hashes"), &path) < 0)
        return err_set(err, ERR_INVALID, "the consistency proof lacks hashes");
    if (merkle_verify_consistency(
            older->size, evidence->checkpoint.size, older->root, evidence->checkpoint.root, &path) < 0)
        return err_set(
            err, ERR_CRYPTO, "the checkpoint does not go on from the older one: entries were taken back");
    printf("consistency: the %" PRIu64 " entries seen before are its first ones\n", older->size);
    return 0;
}

static int check_consistency(const struct config *config, struct evidence *evidence, struct err *err)
{
    struct buf note;
    struct checkpoint older;
    json_t *proof = NULL;
    if (config_text(config, "older") == NULL && config_text(config, "consistency") == NULL)
        return 0;
    if (config_text(config, "older") == NULL || config_text(config, "consistency") == NULL)
        return err_set(err, ERR_INVALID, "--older and --consistency go together");
    int rc = read_text(config, "older", &note, err);
    if (rc == 0)
        rc = check_note(evidence, note.data, note.length, &older, err);
    buf_release(&note);
    if (rc == 0)
        rc = read_json(config, "consistency", &proof, err);
    if (rc == 0)
        rc = compare_with_older(evidence, &older, proof, err);
    json_decref(proof);
    return rc;
}

// --- the receipt ---------------------------------------------------------------------------------------------------
// The commitment that the ballot's entry holds must be to what the receipt says.
static int check_opening(const struct evidence *evidence, const json_t *claims, struct err *err)
{
    static const char *const names[] = {"amendment", "choice", "nonce", "voter"};
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX_BYTES];
    json_t *opened = json_object();
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        json_object_set(opened, names[i], json_object_get(claims, names[i]));
    char *text = json_dumps(opened, JSON_COMPACT | JSON_SORT_KEYS);
    if (text == NULL)
        abort();
    hash_sha256(text, strlen(text), hash);
    hex_encode(hash, HASH_BYTES, hex);
    free(text);
    json_decref(opened);
    const char *committed = json_string_value(json_object_get(evidence->entry, "commitment"));
    if (committed == NULL || strcmp(committed, hex) != 0)
        return err_set(err, ERR_CRYPTO, "the entry's commitment is to another vote than the receipt's");
    printf(
        "vote: the logged commitment is to \"%s\"\n", json_string_value(json_object_get(claims, "choice")));
    return 0;
}

static int check_claims(const struct evidence *evidence, const json_t *claims, struct err *err)
{
    const char *type = json_string_value(json_object_get(claims, "type"));
    const char *leaf = json_string_value(json_object_get(claims, "leaf_hash"));
    char hex[HASH_HEX_BYTES];
    if (evidence->entry == NULL)
        return 0;
    hex_encode(evidence->leaf_hash, HASH_BYTES, hex);
    if (leaf == NULL || strcmp(leaf, hex) != 0)
        return err_set(err, ERR_CRYPTO, "the receipt promises another entry than the proof shows");
    printf("receipt: its entry is in the log\n");
    return type != NULL && strcmp(type, "ballot") == 0 ? check_opening(evidence, claims, err) : 0;
}

static int check_receipt(const struct config *config, const struct evidence *evidence, struct err *err)
{
    struct buf text, claims;
    if (config_text(config, "receipt") == NULL)
        return 0;
    buf_init(&claims, FILE_MAX_BYTES);
    int rc = read_text(config, "receipt", &text, err);
    while (rc == 0 && text.length > 0 && strchr(" \r\n\t", text.data[text.length - 1]) != NULL)
        text.length--;
    if (rc == 0)
        rc = receipt_verify(&evidence->key, text.data, text.length, &claims, err);
    json_t *json = rc == 0 ? json_loadb(claims.data, claims.length, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (rc == 0 && !json_is_object(json))
        rc = err_set(err, ERR_INVALID, "the receipt's claims are not JSON");
    if (rc == 0) {
        printf("receipt: signed by %s: %s\n", evidence->key.name, claims.data);
        rc = check_claims(evidence, json, err);
    }
    json_decref(json);
    buf_release(&text);
    buf_release(&claims);
    return rc;
}

int command_verify(int argc, char **argv)
{
    int n_words = 0;
    struct err err = {0};
    struct evidence evidence = {0};
    struct config *config = command_parse(argc, argv,
        "verify --key FILE [--checkpoint FILE] [--proof FILE] [--receipt FILE] [--older FILE --consistency FILE]",
        settings, &n_words);
    if (n_words > 0) {
        fprintf(stderr, "plenum verify: it takes flags only; see --help\n");
        config_free(config);
        return 2;
    }
    int rc = check_key(config, &evidence, &err);
    if (rc == 0)
        rc = check_checkpoint(config, &evidence, &err);
    if (rc == 0)
        rc = check_proof(config, &evidence, &err);
    if (rc == 0)
        rc = check_consistency(config, &evidence, &err);
    if (rc == 0)
        rc = check_receipt(config, &evidence, &err);
    json_decref(evidence.proof);
    json_decref(evidence.entry);
    config_free(config);
    if (rc < 0)
        return command_fail("verify", &err);
    printf("verified\n");
    return 0;
}
