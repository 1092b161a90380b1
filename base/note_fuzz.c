// Signed notes, keys, receipts and checkpoints. A byte chooses: anything as it is, or a text that is signed here first, so
// that what lies behind the signature is reached too.
#include "base/fuzz_test.h"

#include "base/note.h"

static const char key_text[] =
    "PRIVATE+KEY+fuzz.example+bb1d77ae+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

static void read_checkpoint(const char *text, size_t size)
{
    struct checkpoint checkpoint, again;
    struct err err;
    if (checkpoint_parse(text, size, &checkpoint, &err) < 0)
        return;
    struct buf out;
    buf_init(&out, NOTE_MAX_BYTES);
    checkpoint_format(&checkpoint, &out);
    assert(checkpoint_parse(out.data, out.length, &again, &err) == 0);
    assert(again.size == checkpoint.size && memcmp(again.root, checkpoint.root, HASH_BYTES) == 0);
    buf_release(&out);
}

static bool is_text(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((unsigned char)text[i] < 0x20 && text[i] != '\n') || text[i] == 0x7f)
            return false;
    return size > 0 && text[size - 1] == '\n';
}

static void sign_and_verify(const struct note_key *key, const char *text, size_t size)
{
    struct buf note;
    struct err err;
    size_t text_size;
    if (strlen(text) != size || !is_text(text, size) || size > NOTE_MAX_BYTES / 2)
        return;
    buf_init(&note, NOTE_MAX_BYTES);
    assert(note_sign(key, text, &note) == 0);
    assert(note_verify(key, note.data, note.length, &text_size, &err) == 0 && text_size == size);
    read_checkpoint(note.data, text_size);
    note.data[size / 2] ^= 1;
    assert(note_verify(key, note.data, note.length, &text_size, &err) < 0);
    buf_release(&note);
}

static void read_key(const char *text)
{
    struct note_key key, again;
    struct err err;
    char formatted[NOTE_KEY_BYTES];
    if (note_key_parse(text, &key, &err) < 0)
        return;
    note_key_format(&key, key.can_sign, formatted);
    assert(note_key_parse(formatted, &again, &err) == 0 && memcmp(&key, &again, sizeof(key)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct note_key key;
    struct err err;
    if (!key.can_sign && note_key_parse(key_text, &key, &err) < 0)
        abort();
    struct fuzz fuzz = {data, size};
    uint8_t kind = fuzz_byte(&fuzz) % 5;
    size_t left = fuzz.left, text_size;
    char *bytes = fuzz_copy(fuzz.at, left), *text = fuzz_text(&fuzz, left);
    if (kind == 0) {
        (void)!note_verify(&key, bytes, left, &text_size, &err);
    } else if (kind == 1) {
        sign_and_verify(&key, text, left);
    } else if (kind == 2) {
        read_key(text);
    } else if (kind == 3) {
        read_checkpoint(bytes, left);
    } else {
        struct buf claims;
        buf_init(&claims, NOTE_MAX_BYTES);
        (void)!receipt_verify(&key, bytes, left, &claims, &err);
        buf_release(&claims);
    }
    free(bytes);
    free(text);
    return 0;
}
