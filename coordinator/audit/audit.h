// The append-only log: what rooms wrote into the outboxes in the transaction of their change (entry.h) gets its place in
// one sequence, hashed into an RFC 6962 tree whose root is signed (C2SP tlog-checkpoint, the key of identity/keys.h).
// Loop 0 of each coordinator tries to sequence; one succeeds at a time, and only what is committed is signed. Readers
// are served by every loop: checkpoint, key, inclusion proofs, tiles (C2SP tlog-tiles). All of it is public.
#ifndef COORDINATOR_AUDIT_AUDIT_H
#define COORDINATOR_AUDIT_AUDIT_H

#include "base/err.h"
#include "coordinator/loop.h"
#include "coordinator/room.h"

struct http_request;

extern const struct room audit_room;

// sequence.c: a timer on loop 0.
int sequencer_start(struct loop *loop, struct err *err) MUST_CHECK;
void sequencer_stop(struct loop *loop);

// serve.c, tiles.c
void audit_checkpoint(struct http_request *request);
void audit_key(struct http_request *request);
void audit_proof(struct http_request *request);
void audit_proof_of(struct http_request *request);
void audit_consistency(struct http_request *request);
void audit_tile(struct http_request *request);

// "{a,b}" for a text[] parameter, of numbers that are written as they are.
struct buf;
void audit_array_add(struct buf *array, const char *text);
void audit_array_end(struct buf *array);

#endif
