// What the files of the reports room share.
#ifndef COORDINATOR_REPORTS_INTERNAL_H
#define COORDINATOR_REPORTS_INTERNAL_H

struct http_request;

// make.c
void reports_make_task(struct http_request *request);
void reports_make_amendment(struct http_request *request);
// list.c
void reports_list_project(struct http_request *request);
void reports_list_community(struct http_request *request);
void reports_list_mine(struct http_request *request);
// decide.c
void reports_decide_project(struct http_request *request);
void reports_decide_community(struct http_request *request);

#endif
