// The turns that are being answered just now, over all loops of the process: the loop that asks the endpoints writes, and
// whichever loops the browsers' streams are on read. The one lock is held to copy text and nothing else. Bounded: so many
// turns a study, each with so much text. What another coordinator asks is not seen here; its end is in the database.
#ifndef COORDINATOR_CHAT_HUB_H
#define COORDINATOR_CHAT_HUB_H

#include "base/base.h"
#include "base/buf.h"
#include "base/id.h"
#include "coordinator/chat/rules.h"

enum { HUB_TURNS_A_STUDY = 64, HUB_CALLS_AN_ENDPOINT = 16, CHAT_ANSWER_MAX_BYTES = 32 * 1024 };

struct hub;
struct hub_turn;

struct hub *hub_new(void);
void hub_free(struct hub *hub);

// --- the one who asks ---------------------------------------------------------------------------------------------------
enum hub_begun { HUB_BEGUN, HUB_THERE_ALREADY, HUB_FULL };
// A turn of `n` responses; the caller holds it until hub_end.
enum hub_begun hub_begin(struct hub *hub, struct id turn, int n, struct hub_turn **ret_turn) MUST_CHECK;
void hub_add(struct hub_turn *turn, int n, const char *text, size_t size);
// How response `n` ended: a word of outside_end_names.
void hub_say(struct hub_turn *turn, int n, const char *state);
// All is over and committed: `lease` when the turn can be judged (its shard is the turn's). Lets go of the turn.
void hub_end(struct hub_turn *turn, bool is_ready, struct uuid lease);
// A place for a call to an endpoint, or false.
bool hub_take_place(struct hub *hub, struct uuid endpoint) MUST_CHECK;
void hub_give_place(struct hub *hub, struct uuid endpoint);

// --- those who watch ----------------------------------------------------------------------------------------------------
bool hub_is_live(struct hub *hub, struct id turn);
// The turn as it is answered, or NULL; let go of by hub_leave.
struct hub_turn *hub_watch(struct hub *hub, struct id turn);
void hub_leave(struct hub_turn *turn);

struct hub_news {
    int n;
    struct {
        char text[4096]; // what came since, cut between characters
        size_t length;
        const char *state; // when it has just been said; else NULL
    } responses[CHAT_RESPONSES_MAX];
    bool is_over, is_ready; // over: everything has been read
    struct uuid lease;
};
struct hub_cursor {
    size_t at[CHAT_RESPONSES_MAX];
    bool told[CHAT_RESPONSES_MAX];
};
void hub_read(struct hub_turn *turn, struct hub_cursor *cursor, struct hub_news *ret_news);

#endif
