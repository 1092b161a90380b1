// Where calls of the platform's own may go. A call goes by https to a public address, and nowhere else, unless the operator
// has allowed its host by name (PLENUM_OUTSIDE_ALLOW: "host" or "host:port", separated by commas): then plain http and
// private addresses are good too. The address is checked where the socket is opened, after the name was resolved, so that a
// name which changes its mind changes nothing. Immutable after guard_new; any thread.
#ifndef COORDINATOR_OUTSIDE_GUARD_H
#define COORDINATOR_OUTSIDE_GUARD_H

#include "base/base.h"
#include "base/err.h"

struct guard;
struct sockaddr;

// `allow` NULL or "": nobody. ERR_INVALID names the entry that is none.
int guard_new(const char *allow, struct guard **ret_guard, struct err *err) MUST_CHECK;
void guard_free(struct guard *guard);

// ERR_INVALID with the reason, for people, when no call may go to this URL. `ret_allowed`: the operator named its host.
int guard_check_url(
    const struct guard *guard, const char *url, bool *ret_allowed, struct err *err) MUST_CHECK;

// Whether an address is one of the public internet: not private, loopback, link-local (cloud metadata among it), shared,
// reserved, multicast or for documentation, nor one of those wrapped into IPv6 (RFC 6890 and IANA's registries).
bool guard_is_public(const struct sockaddr *address);

#endif
