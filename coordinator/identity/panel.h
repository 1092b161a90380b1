// What a study says of the panel that its people come from, and what they bring from there: the id under which the panel knows
// them, signed where the study asks for it. Pure.
#ifndef COORDINATOR_IDENTITY_PANEL_H
#define COORDINATOR_IDENTITY_PANEL_H

#include "coordinator/api.h"

// The body of PUT .../panel, written out in full as it is stored; owned by the caller. With errors in `fields` it is incomplete.
json_t *panel_read(struct fields *fields, const json_t *body) MUST_CHECK;

enum panel_entry {
    PANEL_WELCOME,
    PANEL_WRONG,    // errors in `fields`
    PANEL_UNSIGNED, // or signed with another secret, or something was changed
    PANEL_LATE,     // what was signed holds no longer
};
// Looks at `given` (the parameters of the link by name), which stands at `at` of the body. `secrets`: those that are good now, ended
// by NULL. What is signed is panel_canonical().
enum panel_entry panel_enter(struct fields *fields, const json_t *settings, const json_t *given,
    const char *at, const char *const *secrets, int64_t now_s) MUST_CHECK;
// The parameters but the signature, sorted by name (by byte) and written name=value, with & between; free() it.
char *panel_canonical(const json_t *given) MUST_CHECK;
// {"id", "study", "session"} of what was given, for keeping; owned by the caller.
json_t *panel_external(const json_t *settings, const json_t *given) MUST_CHECK;
const char *panel_external_id(const json_t *settings, const json_t *given);
// An id of the panel's as we take it: a letter or digit, then at most 127 of those and of . _ : @ + = ~ -.
bool panel_id_valid(const char *text);
// The address to go back to with `code`, or null where the study gives none.
json_t *panel_url(const json_t *settings, const char *code);
// {code, url} for a state (completed, screened_out, no_consent), or null without a code for it.
json_t *panel_way_back(const json_t *settings, const char *state);

enum { PANEL_SECRET_BYTES = sizeof("pnl_") + 64 };
// "pnl_" and 64 hexadecimal digits; the bytes of this text are the key.
void panel_secret_new(char text[PANEL_SECRET_BYTES]);

#endif
