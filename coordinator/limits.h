// The rate limits of this platform: which kinds of request there are, who each is counted by, and what is allowed unless
// a setting says otherwise. This one table makes the settings (limit-NAME), the numbers that routes name, and what the
// HTTP room is given. The defaults are meant never to be met by people: an annotator makes two requests for each
// judgment, an outbox that was offline sends hundreds at once, and a class of sixty sits behind one address.
#ifndef COORDINATOR_LIMITS_H
#define COORDINATOR_LIMITS_H

#include "base/config.h"
#include "base/err.h"

struct http_rates;

// X(number, name, environment, by address, default as burst/seconds, what it is about)
#define LIMITS(X)                                                                                            \
    X(SIGN_IN, "sign-in", "SIGN_IN", true, "120/600",                                                        \
        "accounts made, log-ins and recoveries of an address; one that fails counts five times")             \
    X(JOIN, "join", "JOIN", true, "300/60", "invitations opened and used from an address")                   \
    X(OPEN, "open", "OPEN", true, "6000/60",                                                                 \
        "what needs no account, of an address: site, lists, public log")                                     \
    X(UNKNOWN, "unknown", "UNKNOWN", true, "600/60",                                                         \
        "requests of an address with a token or session that does not hold")                                 \
    X(JUDGE, "judge", "JUDGE", false, "1200/60", "tasks and judgments of an account")                        \
    X(VOTE, "vote", "VOTE", false, "300/60", "votes and proposals of an account")                            \
    X(CHAT, "chat", "CHAT", false, "60/600", "turns of an account in chats: each is paid for")               \
    X(REPORT, "report", "REPORT", false, "30/600", "reports of an account")                                  \
    X(WRITE, "write", "WRITE", false, "1200/60", "other changes of an account; a fit counts 20 times")       \
    X(READ, "read", "READ", false, "3000/60", "reads of an account, or of an address without one")           \
    X(SCORE, "score", "SCORE", false, "10000/5", "scores of an account")                                     \
    X(BULK, "bulk", "BULK", false, "300/60",                                                                 \
        "imports and exports of an account; a new export counts 20 times")

#define LIMIT_NUMBER(number, name, environment, by_address, value, help) LIMIT_##number,
enum limit { LIMIT_NONE, LIMITS(LIMIT_NUMBER) N_LIMITS };
#undef LIMIT_NUMBER

// For the table of settings.
#define LIMIT_SETTING(number, name, environment, by_address, value, help)                                    \
    {"limit-" name, "PLENUM_LIMIT_" environment, value, help},

// From the settings; ERR_INVALID says which is wrong.
int limits_load(const struct config *config, struct http_rates **ret_rates, struct err *err) MUST_CHECK;

#endif
