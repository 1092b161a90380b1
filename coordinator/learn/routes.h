// The handlers of the learning room, one file a resource: fits.c, models.c, workers.c.
#ifndef COORDINATOR_LEARN_ROUTES_H
#define COORDINATOR_LEARN_ROUTES_H

struct http_request;

void fits_post(struct http_request *request);
void fits_compare(struct http_request *request);
void fits_list(struct http_request *request);
void fits_get(struct http_request *request);
void fits_delete(struct http_request *request);
void refits_get(struct http_request *request);
void refits_put(struct http_request *request);
void models_list(struct http_request *request);
void models_get(struct http_request *request);
void workers_enrolment(struct http_request *request);
void workers_list(struct http_request *request);
void workers_delete(struct http_request *request);

#endif
