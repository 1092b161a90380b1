#include "base/note.h"

#include "base/rng.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { ALGORITHM_ED25519 = 1, SIGNATURE_BYTES = 64, RECEIPT_PART_MAX = 8192 };

static const char dash[] = "\xe2\x80\x94 "; // an em dash and a space begin a signature line

static bool name_is_good(const char *name, size_t size)
{
    if (size == 0 || size >= NOTE_NAME_BYTES)
        return false;
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)name[i] <= ' ' || name[i] == '+' || name[i] == 0x7f)
            return false;
    }
    return true;
}

static void set_id(struct note_key *key)
{
    unsigned char hash[HASH_BYTES], kind = ALGORITHM_ED25519;
    struct hash_stream *stream = hash_stream_new();
    hash_stream_add(stream, key->name, strlen(key->name));
    hash_stream_add(stream, "\n", 1);
    hash_stream_add(stream, &kind, 1);
    hash_stream_add(stream, key->public_key, ED25519_BYTES);
    hash_stream_finish(stream, hash);
    memcpy(key->id, hash, sizeof(key->id));
}

static int derive_public(struct note_key *key, struct err *err)
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->seed, ED25519_BYTES);
    size_t size = ED25519_BYTES;
    bool ok = pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, key->public_key, &size) == 1;
    EVP_PKEY_free(pkey);
    return ok ? 0 : err_set(err, ERR_CRYPTO, "the private key is not one of Ed25519");
}

int note_key_generate(const char *name, struct note_key *ret_key, struct err *err)
{
    *ret_key = (struct note_key){.can_sign = true};
    if (!name_is_good(name, strlen(name)))
        return err_set(err, ERR_INVALID, "a key's name holds no white space and no '+'");
    memcpy(ret_key->name, name, strlen(name) + 1);
    rng_secure(ret_key->seed, ED25519_BYTES);
    int rc = derive_public(ret_key, err);
    if (rc < 0)
        return rc;
    set_id(ret_key);
    return 0;
}

int note_key_parse(const char *text, struct note_key *ret_key, struct err *err)
{
    static const char private_prefix[] = "PRIVATE+KEY+";
    *ret_key = (struct note_key){0};
    size_t size = strlen(text);
    while (size > 0 && strchr(" \t\r\n", text[size - 1]) != NULL)
        size--;
    if (size >= sizeof(private_prefix) && strncmp(text, private_prefix, sizeof(private_prefix) - 1) == 0) {
        ret_key->can_sign = true;
        text += sizeof(private_prefix) - 1;
        size -= sizeof(private_prefix) - 1;
    }
    const char *plus = memchr(text, '+', size);
    if (plus == NULL || !name_is_good(text, (size_t)(plus - text)))
        return err_set(err, ERR_INVALID, "not a note key: NAME+ID+BASE64 is wanted");
    memcpy(ret_key->name, text, (size_t)(plus - text));
    size_t left = size - (size_t)(plus + 1 - text);
    char id_hex[9] = "";
    unsigned char id[4], bytes[64];
    if (left < 10 || left - 9 > 80 || plus[9] != '+')
        return err_set(err, ERR_INVALID, "not a note key: NAME+ID+BASE64 is wanted");
    memcpy(id_hex, plus + 1, 8);
    int n = hex_decode(id_hex, id, sizeof(id)) < 0 ? -1 : base64_decode(plus + 10, left - 9, bytes);
    if (n != 1 + ED25519_BYTES || bytes[0] != ALGORITHM_ED25519)
        return err_set(err, ERR_INVALID, "not a note key of Ed25519");
    if (ret_key->can_sign) {
        memcpy(ret_key->seed, bytes + 1, ED25519_BYTES);
        OPENSSL_cleanse(bytes, sizeof(bytes));
        int rc = derive_public(ret_key, err);
        if (rc < 0)
            return rc;
    } else {
        memcpy(ret_key->public_key, bytes + 1, ED25519_BYTES);
    }
    set_id(ret_key);
    if (memcmp(ret_key->id, id, sizeof(id)) != 0)
        return err_set(err, ERR_INVALID, "the note key's id is not that of its name and key");
    return 0;
}

void note_key_format(const struct note_key *key, bool private_form, char text[NOTE_KEY_BYTES])
{
    unsigned char bytes[1 + ED25519_BYTES] = {ALGORITHM_ED25519};
    char id[9], encoded[48];
    assert(!private_form || key->can_sign);
    memcpy(bytes + 1, private_form ? key->seed : key->public_key, ED25519_BYTES);
    base64_encode(bytes, sizeof(bytes), encoded);
    hex_encode(key->id, sizeof(key->id), id);
    snprintf(text, NOTE_KEY_BYTES, "%s%s+%s+%s", private_form ? "PRIVATE+KEY+" : "", key->name, id, encoded);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    OPENSSL_cleanse(encoded, sizeof(encoded));
}

void note_key_clear(struct note_key *key)
{
    OPENSSL_cleanse(key, sizeof(*key));
}

static bool text_is_good(const char *text, size_t size)
{
    if (size == 0 || text[size - 1] != '\n')
        return false;
    for (size_t i = 0; i < size; i++) {
        if (((unsigned char)text[i] < 0x20 && text[i] != '\n') || text[i] == 0x7f)
            return false;
    }
    return true;
}

int note_sign(const struct note_key *key, const char *text, struct buf *out)
{
    unsigned char line[4 + SIGNATURE_BYTES];
    char encoded[96];
    assert(key->can_sign && text_is_good(text, strlen(text)));
    memcpy(line, key->id, 4);
    EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->seed, ED25519_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t size = SIGNATURE_BYTES;
    bool ok = pkey != NULL && context != NULL && EVP_DigestSignInit(context, NULL, NULL, NULL, pkey) == 1 &&
              EVP_DigestSign(context, line + 4, &size, (const unsigned char *)text, strlen(text)) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    if (!ok)
        return ERR_CRYPTO;
    base64_encode(line, sizeof(line), encoded);
    buf_add_text(out, text);
    buf_printf(out, "\n%s%s %s\n", dash, key->name, encoded);
    return buf_check(out);
}

static bool signature_holds(
    const struct note_key *key, const unsigned char *signature, const char *text, size_t size)
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->public_key, ED25519_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = pkey != NULL && context != NULL && EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1 &&
              EVP_DigestVerify(context, signature, SIGNATURE_BYTES, (const unsigned char *)text, size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return ok;
}

// One signature line without its newline. 1: this key's, and it holds; 0: another's; negative: malformed or wrong.
static int check_line(const struct note_key *key, const char *line, size_t size, const char *text,
    size_t text_size, struct err *err)
{
    size_t prefix = sizeof(dash) - 1, name_size = strlen(key->name);
    const char *space = size > prefix ? memchr(line + prefix, ' ', size - prefix) : NULL;
    if (space == NULL || memcmp(line, dash, prefix) != 0 ||
        !name_is_good(line + prefix, (size_t)(space - line) - prefix))
        return err_set(err, ERR_INVALID, "a signature line of the note is malformed");
    size_t encoded = size - (size_t)(space + 1 - line);
    unsigned char bytes[768];
    if (encoded > 1000)
        return err_set(err, ERR_INVALID, "a signature of the note is too long");
    int n = base64_decode(space + 1, encoded, bytes);
    if (n < 5)
        return err_set(err, ERR_INVALID, "a signature of the note is not base64");
    if ((size_t)(space - line) - prefix != name_size || memcmp(line + prefix, key->name, name_size) != 0 ||
        memcmp(bytes, key->id, 4) != 0)
        return 0;
    if (n != 4 + SIGNATURE_BYTES || !signature_holds(key, bytes + 4, text, text_size))
        return err_set(err, ERR_CRYPTO, "the signature of %s does not hold", key->name);
    return 1;
}

int note_verify(
    const struct note_key *key, const char *note, size_t size, size_t *ret_text_size, struct err *err)
{
    if (size > NOTE_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "the note is longer than %d bytes", NOTE_MAX_BYTES);
    // The last empty line parts text and signatures: the text itself may hold empty lines.
    size_t end = 0;
    for (size_t i = 0; i + 1 < size; i++) {
        if (note[i] == '\n' && note[i + 1] == '\n')
            end = i + 1;
    }
    if (end == 0 || note[size - 1] != '\n' || !text_is_good(note, end))
        return err_set(err, ERR_INVALID, "not a signed note");
    int found = 0, lines = 0;
    for (size_t at = end + 1; at < size;) {
        const char *newline = memchr(note + at, '\n', size - at);
        int rc = check_line(key, note + at, (size_t)(newline - note) - at, note, end, err);
        if (rc < 0)
            return rc;
        if (++lines > 100)
            return err_set(err, ERR_LIMIT, "the note has more than 100 signatures");
        found += rc;
        at = (size_t)(newline - note) + 1;
    }
    if (found == 0)
        return err_set(err, ERR_NOT_FOUND, "the note is not signed by %s", key->name);
    *ret_text_size = end;
    return 0;
}

// base64url without padding (RFC 4648, section 5) is the other alphabet's with two letters changed.
static int base64url_decode(const char *text, size_t size, unsigned char *out, size_t max)
{
    char plain[RECEIPT_PART_MAX + 4];
    if (size > RECEIPT_PART_MAX || size % 4 == 1 || size * 3 / 4 > max)
        return ERR_INVALID;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '+' || text[i] == '/' || text[i] == '=')
            return ERR_INVALID;
        plain[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    }
    while (size % 4 != 0)
        plain[size++] = '=';
    return base64_decode(plain, size, out);
}

int receipt_verify(
    const struct note_key *key, const char *receipt, size_t size, struct buf *claims, struct err *err)
{
    unsigned char data[RECEIPT_PART_MAX], signature[RECEIPT_PART_MAX];
    const char *dot = memchr(receipt, '.', size);
    if (dot == NULL)
        return err_set(err, ERR_INVALID, "not a receipt");
    size_t first = (size_t)(dot - receipt);
    int n = base64url_decode(receipt, first, data, sizeof(data));
    if (n < 0 || base64url_decode(dot + 1, size - first - 1, signature, sizeof(signature)) != SIGNATURE_BYTES)
        return err_set(err, ERR_INVALID, "not a receipt");
    if (!signature_holds(key, signature, receipt, first))
        return err_set(err, ERR_CRYPTO, "the receipt is not signed by %s", key->name);
    buf_add(claims, data, (size_t)n);
    return buf_check(claims);
}

void checkpoint_format(const struct checkpoint *checkpoint, struct buf *out)
{
    char root[48];
    base64_encode(checkpoint->root, HASH_BYTES, root);
    buf_printf(out, "%s\n%llu\n%s\n", checkpoint->origin, (unsigned long long)checkpoint->size, root);
}

int checkpoint_parse(const char *text, size_t size, struct checkpoint *ret_checkpoint, struct err *err)
{
    *ret_checkpoint = (struct checkpoint){0};
    const char *lines[3];
    size_t lengths[3], at = 0;
    for (int i = 0; i < 3; i++) {
        const char *newline = at < size ? memchr(text + at, '\n', size - at) : NULL;
        if (newline == NULL)
            return err_set(err, ERR_INVALID, "a checkpoint has three lines: origin, size, root");
        lines[i] = text + at;
        lengths[i] = (size_t)(newline - lines[i]);
        at += lengths[i] + 1;
    }
    if (lengths[0] == 0 || lengths[0] >= sizeof(ret_checkpoint->origin) ||
        memchr(lines[0], '\0', lengths[0]) != NULL)
        return err_set(err, ERR_INVALID, "the checkpoint's origin is empty or too long");
    memcpy(ret_checkpoint->origin, lines[0], lengths[0]);
    bool good = lengths[1] > 0 && lengths[1] <= 18 && (lines[1][0] != '0' || lengths[1] == 1);
    for (size_t i = 0; good && i < lengths[1]; i++) {
        good = lines[1][i] >= '0' && lines[1][i] <= '9';
        ret_checkpoint->size = ret_checkpoint->size * 10 + (uint64_t)(unsigned char)(lines[1][i] - '0');
    }
    if (!good)
        return err_set(err, ERR_INVALID, "the checkpoint's size is not a decimal number");
    unsigned char root[64];
    if (lengths[2] != 44 || base64_decode(lines[2], lengths[2], root) != HASH_BYTES)
        return err_set(err, ERR_INVALID, "the checkpoint's root is not 32 bytes in base64");
    memcpy(ret_checkpoint->root, root, HASH_BYTES);
    return 0;
}
