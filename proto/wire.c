#include "proto/wire.h"

#include "proto/check.h"

#include "base/zstream.h"

#include <stdlib.h>
#include <string.h>

// Of the heap for one unpacked message, as a multiple of its payload: empty repeated strings cost 1 byte of wire and 16
// of heap, the worst that these messages can do.
enum { HEAP_FACTOR = 24, HEAP_SLACK_BYTES = 4096 };

struct kind {
    const char *name;
    const ProtobufCMessageDescriptor *descriptor;
    unsigned from; // enum wire_side, a set
    size_t payload_max;
    bool compressed;
    int (*check)(const void *message, struct err *err);
};

static const struct kind kinds[N_WIRE_TYPES] = {
    [WIRE_HELLO] = {"hello", &plenum__hello__descriptor, WIRE_WORKER, WIRE_CONTROL_MAX_BYTES, false,
        check_hello},
    [WIRE_WELCOME] = {"welcome", &plenum__welcome__descriptor, WIRE_COORDINATOR, WIRE_CONTROL_MAX_BYTES,
        false, check_welcome},
    [WIRE_ENROL] = {"enrol", &plenum__enrol__descriptor, WIRE_WORKER, WIRE_CONTROL_MAX_BYTES, false,
        check_enrol},
    [WIRE_ENROLLED] = {"enrolled", &plenum__enrolled__descriptor, WIRE_COORDINATOR, WIRE_CONTROL_MAX_BYTES,
        false, check_enrolled},
    [WIRE_REFUSED] = {"refused", &plenum__refused__descriptor, WIRE_COORDINATOR | WIRE_WORKER,
        WIRE_CONTROL_MAX_BYTES, false, check_refused},
    [WIRE_READY] = {"ready", &plenum__ready__descriptor, WIRE_WORKER, WIRE_CONTROL_MAX_BYTES, false, NULL},
    [WIRE_OFFER] = {"offer", &plenum__offer__descriptor, WIRE_COORDINATOR, WIRE_CONTROL_MAX_BYTES, false,
        check_offer},
    [WIRE_HEARTBEAT] = {"heartbeat", &plenum__heartbeat__descriptor, WIRE_WORKER, WIRE_CONTROL_MAX_BYTES,
        false, check_heartbeat},
    [WIRE_HEARTBEAT_REPLY] = {"heartbeat_reply", &plenum__heartbeat_reply__descriptor, WIRE_COORDINATOR,
        WIRE_CONTROL_MAX_BYTES, false, NULL},
    [WIRE_CANCEL] = {"cancel", &plenum__cancel__descriptor, WIRE_COORDINATOR, WIRE_CONTROL_MAX_BYTES, false,
        check_cancel},
    [WIRE_RELEASE] = {"release", &plenum__release__descriptor, WIRE_WORKER, WIRE_CONTROL_MAX_BYTES, false,
        check_release},
    [WIRE_FAILED] = {"failed", &plenum__failed__descriptor, WIRE_WORKER, WIRE_CONTROL_MAX_BYTES, false,
        check_failed},
    [WIRE_ACCEPTED] = {"accepted", &plenum__accepted__descriptor, WIRE_COORDINATOR, WIRE_CONTROL_MAX_BYTES,
        false, check_accepted},
    [WIRE_DATASET_HEADER] = {"dataset_header", &plenum__dataset_header__descriptor, WIRE_COORDINATOR,
        WIRE_PAYLOAD_MAX_BYTES, false, check_dataset_header},
    [WIRE_DATASET_CHUNK] = {"dataset_chunk", &plenum__dataset_chunk__descriptor, WIRE_COORDINATOR,
        WIRE_CHUNK_MAX_BYTES + 1024, true, check_dataset_chunk},
    [WIRE_DATASET_END] = {"dataset_end", &plenum__dataset_end__descriptor, WIRE_COORDINATOR,
        WIRE_CONTROL_MAX_BYTES, false, check_dataset_end},
    [WIRE_CREDIT] = {"credit", &plenum__credit__descriptor, WIRE_WORKER, WIRE_CONTROL_MAX_BYTES, false,
        check_credit},
    [WIRE_ARTEFACT_CHUNK] = {"artefact_chunk", &plenum__artefact_chunk__descriptor, WIRE_WORKER,
        WIRE_CHUNK_MAX_BYTES + 1024, true, check_artefact_chunk},
    [WIRE_RESULT] = {"result", &plenum__result__descriptor, WIRE_WORKER, WIRE_PAYLOAD_MAX_BYTES, false,
        check_result},
    [WIRE_SHARE] = {"share", &plenum__share__descriptor, WIRE_COORDINATOR | WIRE_WORKER,
        WIRE_CHUNK_MAX_BYTES + 1024, false, check_share},
};

struct arena *wire_arena_new(void)
{
    // Twice the bound: an arena's blocks are not filled to the last byte.
    return arena_new(2 * ((size_t)WIRE_PAYLOAD_MAX_BYTES * HEAP_FACTOR + HEAP_SLACK_BYTES) + 64 * 1024);
}

static const struct kind *kind_of(unsigned type)
{
    return type > 0 && type < N_WIRE_TYPES ? &kinds[type] : NULL;
}

const char *wire_type_name(unsigned type)
{
    const struct kind *kind = kind_of(type);
    return kind != NULL ? kind->name : "unknown";
}

uint32_t wire_choose_version(uint32_t version_min, uint32_t version_max)
{
    uint32_t low = version_min > WIRE_VERSION_MIN ? version_min : WIRE_VERSION_MIN;
    uint32_t high = version_max < WIRE_VERSION_MAX ? version_max : WIRE_VERSION_MAX;
    return low <= high ? high : 0;
}

// --- out ----------------------------------------------------------------------------------------------------------
void wire_append(struct buf *out, enum wire_type type, uint32_t stream, const void *message)
{
    const struct kind *kind = kind_of(type);
    assert(kind != NULL && ((const ProtobufCMessage *)message)->descriptor == kind->descriptor);
    size_t size = protobuf_c_message_get_packed_size(message);
    assert(size <= kind->payload_max);
    unsigned char *packed = malloc(max_size(size, 1));
    if (packed == NULL)
        abort();
    protobuf_c_message_pack(message, packed);
    if (!kind->compressed) {
        frame_append(out, (uint16_t)type, 0, stream, packed, size);
    } else {
        struct buf squeezed;
        struct err err;
        buf_init(&squeezed, kind->payload_max + kind->payload_max / 64 + 1024 + 64 * 1024);
        int rc = zstream_compress(packed, size, ZSTREAM_LEVEL, &squeezed, &err);
        assert(rc == 0);
        // What does not shrink (random floats) goes as it is.
        if (squeezed.length < size)
            frame_append(out, (uint16_t)type, FRAME_ZSTD, stream, squeezed.data, squeezed.length);
        else
            frame_append(out, (uint16_t)type, 0, stream, packed, size);
        buf_release(&squeezed);
    }
    free(packed);
}

// --- in: a bounded heap for protobuf-c, in the arena of the message ---------------------------------------------------
struct heap {
    struct arena *arena;
    size_t left;
};

static void *heap_alloc(void *data, size_t size)
{
    struct heap *heap = data;
    size_t taken = size <= heap->left ? (size + 15) & ~(size_t)15 : SIZE_MAX; // as the arena rounds
    if (taken > heap->left)
        return NULL; // protobuf-c gives up cleanly
    heap->left -= taken;
    return arena_alloc(heap->arena, size);
}

static void heap_free(void *data UNUSED, void *pointer UNUSED)
{
}

static int decompressed(const struct frame *frame, const struct kind *kind, struct buf *out, struct err *err)
{
    buf_init(out, kind->payload_max);
    int rc = zstream_decompress(frame->payload, frame->size, out, err);
    if (rc < 0)
        buf_release(out);
    return rc < 0 ? err_prefix(err, "%s", kind->name) : 0;
}

static int unpack(const struct kind *kind, const void *payload, size_t size, struct arena *arena,
    const void **ret_message, struct err *err)
{
    struct heap heap = {.arena = arena, .left = size * HEAP_FACTOR + HEAP_SLACK_BYTES};
    ProtobufCAllocator allocator = {.alloc = heap_alloc, .free = heap_free, .allocator_data = &heap};
    ProtobufCMessage *message = protobuf_c_message_unpack(kind->descriptor, &allocator, size, payload);
    if (message == NULL)
        return err_set(
            err, ERR_INVALID, "%s: not a well-formed message, or too large when unpacked", kind->name);
    int rc = kind->check != NULL ? kind->check(message, err) : 0;
    if (rc < 0)
        return err_prefix(err, "%s", kind->name);
    *ret_message = message;
    return 0;
}

int wire_unpack(const struct frame *frame, enum wire_side from, struct arena *arena, const void **ret_message,
    struct err *err)
{
    const struct kind *kind = kind_of(frame->type);
    if (kind == NULL)
        return err_set(err, ERR_INVALID, "message type %u is not known", frame->type);
    if ((kind->from & (unsigned)from) == 0)
        return err_set(err, ERR_INVALID, "%s goes the other way", kind->name);
    if (frame->size > kind->payload_max)
        return err_set(err, ERR_LIMIT, "%s of %u bytes, at most %zu are taken", kind->name, frame->size,
            kind->payload_max);
    if ((frame->flags & ~(unsigned)FRAME_ZSTD) != 0 ||
        ((frame->flags & FRAME_ZSTD) != 0 && !kind->compressed))
        return err_set(err, ERR_INVALID, "%s with flags 0x%x", kind->name, frame->flags);
    if ((frame->flags & FRAME_ZSTD) == 0)
        return unpack(kind, frame->payload, frame->size, arena, ret_message, err);
    struct buf plain;
    int rc = decompressed(frame, kind, &plain, err);
    if (rc < 0)
        return rc;
    rc = unpack(kind, plain.data, plain.length, arena, ret_message, err);
    buf_release(&plain);
    return rc;
}

// --- ids --------------------------------------------------------------------------------------------------------------
ProtobufCBinaryData wire_uuid(const struct uuid *uuid)
{
    union {
        const unsigned char *in;
        unsigned char *out;
    } bytes = {.in = uuid->bytes}; // protobuf-c has no const; packing only reads
    return (ProtobufCBinaryData){.len = UUID_BYTES, .data = bytes.out};
}

struct uuid wire_uuid_of(ProtobufCBinaryData bytes)
{
    struct uuid uuid;
    assert(bytes.len == UUID_BYTES);
    memcpy(uuid.bytes, bytes.data, UUID_BYTES);
    return uuid;
}
