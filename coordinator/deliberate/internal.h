// What the files of the deliberation room share.
#ifndef COORDINATOR_DELIBERATE_INTERNAL_H
#define COORDINATOR_DELIBERATE_INTERNAL_H

struct http_request;
struct loop;

enum { WORDS_MAX = 1000, WORDS_MAX_BYTES = 4 * WORDS_MAX };

// conversations.c
void conversations_make(struct http_request *request);
void conversations_list(struct http_request *request);
void conversation_show(struct http_request *request);
void conversation_change(struct http_request *request);
// statements.c
void statements_list(struct http_request *request);
void statements_mine(struct http_request *request);
// say.c
void statement_say(struct http_request *request);
void statement_appeal(struct http_request *request);
// decide.c
void statement_decide(struct http_request *request);
// draw.c
void statement_draw(struct http_request *request);
// polis.c
void conversation_polis(struct http_request *request);
// votes.c
void statement_vote(struct http_request *request);
void statement_votes_start(struct loop *loop);

#endif
