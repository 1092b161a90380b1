// Every message: two bytes choose its type, its sender and whether it is said to be compressed; the rest is the payload.
// What is taken is within its bounds, and said again it is taken again.
#include "base/fuzz_test.h"

#include "proto/wire.h"

static void say_again(const struct frame *frame, enum wire_side from, const void *message)
{
    struct buf out;
    buf_init(&out, 2 * (FRAME_HEADER_BYTES + WIRE_PAYLOAD_MAX_BYTES));
    wire_append(&out, (enum wire_type)frame->type, frame->id, message);
    struct frame again;
    struct err err;
    const void *read;
    struct arena *arena = wire_arena_new();
    assert(frame_peek(&out, WIRE_PAYLOAD_MAX_BYTES, &again, &err) == 1 && again.type == frame->type);
    int rc = wire_unpack(&again, from, arena, &read, &err);
    // Fields nobody knows are kept, and so many may lie just within the bound on the heap that they don't a second time.
    assert(rc == 0 || strstr(err.message, "too large when unpacked") != NULL);
    arena_free(arena);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz fuzz = {data, size};
    uint8_t type = fuzz_byte(&fuzz), how = fuzz_byte(&fuzz);
    enum wire_side from = (how & 1) != 0 ? WIRE_WORKER : WIRE_COORDINATOR;
    size_t left = fuzz.left;
    unsigned char *payload = fuzz_copy(fuzz.at, left);
    struct frame frame = {.type = type % (N_WIRE_TYPES + 1),
        .flags = (how & 2) != 0 ? FRAME_ZSTD : (uint16_t)(how & 4),
        .id = 7,
        .payload = payload,
        .size = (uint32_t)left};
    struct arena *arena = wire_arena_new();
    struct err err;
    const void *message;
    if (wire_unpack(&frame, from, arena, &message, &err) == 0)
        say_again(&frame, from, message);
    arena_free(arena);
    free(payload);
    return 0;
}
