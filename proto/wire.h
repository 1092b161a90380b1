// The messages between coordinator and worker: type numbers, bounds, packing and unpacking. Pure, any thread.
//
// What comes from a peer is trusted in nothing: the frame's size is bounded by its type before it is buffered whole,
// decompression and the heap of an unpacked message are bounded, and after unpacking every length, count, hash size
// and text is checked. A change of meaning takes a new WIRE_VERSION.
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/frame.h"
#include "base/id.h"

#include "proto/dataset.pb-c.h"
#include "proto/jobs.pb-c.h"
#include "proto/model.pb-c.h"

enum { WIRE_VERSION_MIN = 5, WIRE_VERSION_MAX = 5 };

enum {
    WIRE_CHUNK_MAX_BYTES = 256 * 1024,
    WIRE_CONTROL_MAX_BYTES = 64 * 1024, // of every message before hello, and of most after it
    WIRE_PAYLOAD_MAX_BYTES = 1024 * 1024 + 64 * 1024,
    WIRE_CARD_MAX_BYTES = 1024 * 1024,
    WIRE_NAME_MAX_BYTES = 128, // of workers, programs, phases
    WIRE_DETAIL_MAX_BYTES = 512,
    WIRE_OPTIONS_MAX_BYTES = 16 * 1024,
    WIRE_ATTRIBUTES_MAX = 32,
    WIRE_VALUES_MAX = 256, // of an attribute
    WIRE_MODELS_MAX = 500, // named in a dataset; of more, none is
    WIRE_MODEL_MAX_BYTES = 256,
    WIRE_OBJECTIVES_MAX = 200,
    WIRE_OBJECTIVE_MAX_BYTES = 120,
    WIRE_LANGUAGES_MAX = 200, // of more, none is told
    WIRE_LANGUAGE_MAX_BYTES = 64,
    WIRE_ARTEFACTS_MAX = 2,
    WIRE_CREDITS_MAX = 64, // outstanding
    WIRE_LEFT_MAX_S = 30 * 24 * 3600,
    WIRE_RANKS_MAX = 16, // workers on one fit
};
#define WIRE_ARTEFACT_MAX_BYTES ((uint64_t)256 * 1024 * 1024)

enum wire_type {
    WIRE_HELLO = 1,
    WIRE_WELCOME,
    WIRE_ENROL,
    WIRE_ENROLLED,
    WIRE_REFUSED,
    WIRE_READY,
    WIRE_OFFER,
    WIRE_HEARTBEAT,
    WIRE_HEARTBEAT_REPLY,
    WIRE_CANCEL,
    WIRE_RELEASE,
    WIRE_FAILED,
    WIRE_ACCEPTED,
    WIRE_DATASET_HEADER,
    WIRE_DATASET_CHUNK,
    WIRE_DATASET_END,
    WIRE_CREDIT,
    WIRE_ARTEFACT_CHUNK,
    WIRE_RESULT,
    WIRE_SHARE,
    N_WIRE_TYPES
};

enum wire_side { WIRE_WORKER = 1, WIRE_COORDINATOR = 2 }; // who sends

enum wire_refusal {
    WIRE_REFUSED_VERSION = 1,
    WIRE_REFUSED_IDENTITY = 2, // token or certificate
    WIRE_REFUSED_PROTOCOL = 3,
    WIRE_REFUSED_BUSY = 4, // come back later
    WIRE_REFUSED_STOPPING = 5,
};

// Appends the frame of a message; `message` is the protobuf struct of `type`. Our own messages fit their bounds: a bug
// if not, but for `out`, whose max the caller keeps an eye on. Chunks are compressed.
void wire_append(struct buf *out, enum wire_type type, uint32_t stream, const void *message);
// Unpacks and checks a frame that `from` has sent; the message lives in `arena`. ERR_INVALID or ERR_LIMIT says why not.
int wire_unpack(const struct frame *frame, enum wire_side from, struct arena *arena, const void **ret_message,
    struct err *err) MUST_CHECK;
struct arena *wire_arena_new(void); // large enough for any one message
const char *wire_type_name(unsigned type);
// The greatest version in both ranges, or 0.
uint32_t wire_choose_version(uint32_t version_min, uint32_t version_max);

// The bytes of an id in a message, and back (checked by wire_unpack where it is required).
ProtobufCBinaryData wire_uuid(const struct uuid *uuid); // points into it
struct uuid wire_uuid_of(ProtobufCBinaryData bytes);

#endif
