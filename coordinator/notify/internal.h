// What the files of the notify room share.
#ifndef COORDINATOR_NOTIFY_INTERNAL_H
#define COORDINATOR_NOTIFY_INTERNAL_H

#include "base/err.h"

struct actor;
struct http_request;
struct loop;

// webhooks.c, deliveries.c: routes. {w} is a webhook's id, whose shard is its study's, or 0: the installation's.
// Calls `then` for who may see to the webhook; else it has answered.
void webhook_require(
    struct http_request *request, void (*then)(struct http_request *request, const struct actor *actor));
void webhooks_create_project(struct http_request *request);
void webhooks_create_deployment(struct http_request *request);
void webhooks_list_project(struct http_request *request);
void webhooks_list_deployment(struct http_request *request);
void webhooks_show(struct http_request *request);
void webhooks_change(struct http_request *request);
void webhooks_remove(struct http_request *request);
void webhooks_rotate(struct http_request *request);
void webhooks_test(struct http_request *request);
void deliveries_list(struct http_request *request);
void deliveries_again(struct http_request *request);
// notices.c
void notices_list(struct http_request *request);
void notices_put(struct http_request *request);

// sender.c, teller.c: one of each a process, on the first loop's thread.
int sender_start(struct loop *loop, struct err *err) MUST_CHECK;
void sender_stop(void);
int teller_start(struct loop *loop, struct err *err) MUST_CHECK;
void teller_stop(void);

#endif
