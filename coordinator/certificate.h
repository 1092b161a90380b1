// The certificate of the public listener: read at start, and again when somebody asks (SIGHUP) or the files have changed.
// A pair that can't be used changes nothing: the one before serves on, and the log says why. New connections get the
// newest, open ones keep theirs. Twice a day the same pair is taken into use anew, which changes the keys of session
// tickets.
//
// The key's file may be root's alone. So, started as root, certificate_open leaves a process behind that stays root, takes
// no input, and does nothing but read these two files when asked, for as long as this process lives. Main thread.
#ifndef COORDINATOR_CERTIFICATE_H
#define COORDINATOR_CERTIFICATE_H

#include "base/err.h"

struct certificate;
struct tls_slot;

// Before privileges are dropped, sockets opened and threads started. Both paths NULL: no TLS, *ret is NULL.
int certificate_open(const char *cert_path, const char *key_path, struct certificate **ret_certificate,
    struct err *err) MUST_CHECK;
void certificate_free(struct certificate *certificate);
struct tls_slot *certificate_slot(const struct certificate *certificate); // NULL without TLS
void certificate_reload(struct certificate *certificate);
// To be called about every second: looks at the files every ten.
void certificate_tend(struct certificate *certificate);

#endif
