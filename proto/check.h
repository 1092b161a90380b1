// What must hold of each message after unpacking, one function a message; called by wire_unpack only. 0, or ERR_INVALID
// or ERR_LIMIT with the field's name.
#ifndef PROTO_CHECK_H
#define PROTO_CHECK_H

#include "base/err.h"

int check_hello(const void *message, struct err *err) MUST_CHECK;
int check_welcome(const void *message, struct err *err) MUST_CHECK;
int check_enrol(const void *message, struct err *err) MUST_CHECK;
int check_enrolled(const void *message, struct err *err) MUST_CHECK;
int check_refused(const void *message, struct err *err) MUST_CHECK;
int check_offer(const void *message, struct err *err) MUST_CHECK;
int check_heartbeat(const void *message, struct err *err) MUST_CHECK;
int check_cancel(const void *message, struct err *err) MUST_CHECK;
int check_release(const void *message, struct err *err) MUST_CHECK;
int check_failed(const void *message, struct err *err) MUST_CHECK;
int check_accepted(const void *message, struct err *err) MUST_CHECK;
int check_dataset_header(const void *message, struct err *err) MUST_CHECK;
int check_dataset_chunk(const void *message, struct err *err) MUST_CHECK;
int check_dataset_end(const void *message, struct err *err) MUST_CHECK;
int check_credit(const void *message, struct err *err) MUST_CHECK;
int check_share(const void *message, struct err *err) MUST_CHECK;
int check_artefact_chunk(const void *message, struct err *err) MUST_CHECK;
int check_result(const void *message, struct err *err) MUST_CHECK;

#endif
