#include "coordinator/http/admission.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// A server in simulated time: a queue, first come first served, so many a second, and another beside it that only some
// requests go through; arrivals at random.
enum { QUEUE_MAX = 65536, WAIT_MAX_MS = 250 };

struct server {
    struct admission admission;
    struct admission_flow routes[HTTP_CLASSES]; // one a class
    struct rng rng;
    int64_t now_us, free_us; // when the last in the queue will be done
    double per_s;
    struct queue {
        struct {
            struct admission_ticket ticket;
            enum http_class class;
            int64_t came_us, done_us;
        } places[QUEUE_MAX];
        size_t first, end;
    } queue, aside;
    double aside_share, aside_per_s;
    int64_t aside_free_us;
    int n_done[HTTP_CLASSES], n_refused[HTTP_CLASSES];
    int64_t longest_us;
};

static struct server *new_server(double per_s)
{
    struct server *server = calloc(1, sizeof(*server));
    assert_non_null(server);
    server->now_us = server->free_us = 5000000;
    server->per_s = per_s;
    rng_seed(&server->rng, 1);
    admission_init(&server->admission, WAIT_MAX_MS, server->now_us);
    for (int i = 0; i < HTTP_CLASSES; i++)
        admission_flow_init(&server->routes[i], server->now_us);
    return server;
}

static void forget_counts(struct server *server)
{
    memset(server->n_done, 0, sizeof(server->n_done));
    memset(server->n_refused, 0, sizeof(server->n_refused));
    server->longest_us = 0;
}

static void finish(struct server *server, struct queue *queue, int64_t until_us)
{
    while (queue->first < queue->end && queue->places[queue->first % QUEUE_MAX].done_us <= until_us) {
        size_t at = queue->first++ % QUEUE_MAX;
        int64_t waited_us = queue->places[at].done_us - queue->places[at].came_us;
        server->longest_us = waited_us > server->longest_us ? waited_us : server->longest_us;
        enum http_class class = queue->places[at].class;
        server->n_done[class]++;
        admission_leave(&server->admission, &server->routes[class], class, &queue->places[at].ticket);
    }
}

static void go_on(struct server *server, int64_t until_us)
{
    finish(server, &server->queue, until_us);
    finish(server, &server->aside, until_us);
    server->now_us = until_us;
}

static void stand_in(struct server *server, struct queue *queue, enum http_class class, int64_t *free_us,
    double per_s, double work)
{
    assert_true(queue->end - queue->first < QUEUE_MAX);
    if (*free_us < server->now_us)
        *free_us = server->now_us;
    *free_us += (int64_t)(work * 1e6 / per_s);
    size_t at = queue->end++ % QUEUE_MAX;
    queue->places[at].class = class;
    queue->places[at].came_us = server->now_us;
    queue->places[at].done_us = *free_us;
    admission_enter(
        &server->admission, &server->routes[class], class, &queue->places[at].ticket, server->now_us);
}

static bool arrive(struct server *server, enum http_class class, double work)
{
    admission_saw(&server->admission, true, server->now_us);
    if (!admission_allows(&server->admission, &server->routes[class], class, server->now_us)) {
        server->n_refused[class]++;
        return false;
    }
    if (rng_uniform(&server->rng) < server->aside_share)
        stand_in(server, &server->aside, class, &server->aside_free_us, server->aside_per_s, work);
    else
        stand_in(server, &server->queue, class, &server->free_us, server->per_s, work);
    return true;
}

// So many arrivals a second of each class, for a time.
static void offer(struct server *server, const double rates[ADMISSION_CLASSES], double seconds)
{
    double sum = 0;
    for (int i = 0; i < ADMISSION_CLASSES; i++)
        sum += rates[i];
    int64_t end_us = server->now_us + (int64_t)(seconds * 1e6);
    double gap_us = 1e6 / sum;
    for (double at = (double)server->now_us; at < (double)end_us;
         at += gap_us * 2 * rng_uniform(&server->rng)) {
        go_on(server, (int64_t)at);
        double which = rng_uniform(&server->rng) * sum;
        int class = 0;
        while (class < ADMISSION_CLASSES - 1 && which >= rates[class])
            which -= rates[class ++];
        arrive(server, (enum http_class) class, 1);
    }
}

static void at_three_times_the_capacity_the_work_goes_on_and_nobody_waits_a_second(void **state UNUSED)
{
    static const double capacities[] = {250, 1000, 4000, 20000};
    for (size_t i = 0; i < ARRAY_SIZE(capacities); i++) {
        struct server *server = new_server(capacities[i]);
        for (int times = 3; times <= 10; times += 7) { // at once, without warning
            forget_counts(server);
            offer(server, (double[ADMISSION_CLASSES]){times * capacities[i]}, 10);
            assert_true(server->longest_us < 1000000);
            assert_true(server->n_done[HTTP_CLASS_WRITE] > 0.95 * 10 * capacities[i]);
            go_on(server, server->now_us + 5000000);
        }
        free(server);
    }
}

static void below_the_capacity_nobody_is_refused(void **state UNUSED)
{
    struct server *server = new_server(1000);
    offer(server, (double[ADMISSION_CLASSES]){300, 200, 200, 200}, 30);
    for (int i = 0; i < ADMISSION_CLASSES; i++)
        assert_int_equal(server->n_refused[i], 0);
    free(server);
}

static void what_matters_less_gives_way_first(void **state UNUSED)
{
    struct server *server = new_server(1000);
    // Three times the capacity, but the writes alone are less than it.
    offer(server, (double[ADMISSION_CLASSES]){700, 800, 800, 800}, 5); // the start may be rough
    forget_counts(server);
    offer(server, (double[ADMISSION_CLASSES]){700, 800, 800, 800}, 20);
    assert_true(server->n_refused[HTTP_CLASS_WRITE] < 140); // one of a hundred: the arrivals are random
    assert_true(server->n_done[HTTP_CLASS_WRITE] > 0.99 * 20 * 690);
    assert_true(server->n_done[HTTP_CLASS_READ] > 20 * 200); // what the writes leave
    assert_true(server->n_refused[HTTP_CLASS_READ] < server->n_refused[HTTP_CLASS_SCORE]);
    assert_true(server->n_done[HTTP_CLASS_SCORE] >= server->n_done[HTTP_CLASS_BULK]);
    assert_true(server->longest_us < 1000000);
    free(server);
}

// A crowd that waits for tasks does not keep judgments out, which go another way and fast.
static void a_route_is_not_kept_out_by_the_queue_of_another(void **state UNUSED)
{
    struct server *server = new_server(500); // tasks
    struct admission_flow judgments;
    admission_flow_init(&judgments, server->now_us);
    int n_judged = 0;
    for (int i = 0; i < 20000; i++) { // three times as many as can be given; each one given is judged at once
        int before = server->n_done[HTTP_CLASS_WRITE];
        go_on(server, server->now_us + 667);
        arrive(server, HTTP_CLASS_WRITE, 1);
        for (; before < server->n_done[HTTP_CLASS_WRITE]; before++, n_judged++) {
            assert_true(admission_allows(&server->admission, &judgments, HTTP_CLASS_WRITE, server->now_us));
            struct admission_ticket ticket;
            admission_enter(&server->admission, &judgments, HTTP_CLASS_WRITE, &ticket, server->now_us);
            admission_leave(&server->admission, &judgments, HTTP_CLASS_WRITE, &ticket);
        }
    }
    assert_true(n_judged > 0.95 * 20000 * 0.000667 * 500);
    assert_true(server->longest_us < 500000);
    free(server);
}

// Reads have a quick way of their own, on which nobody waits, but take the processor that the tasks need.
static void a_class_gives_way_to_the_queue_of_one_before_it(void **state UNUSED)
{
    struct server *server = new_server(500);
    struct admission_flow reads;
    admission_flow_init(&reads, server->now_us);
    int n_refused = 0;
    for (int i = 0; i < 10000; i++) { // more tasks are asked for than can be given
        go_on(server, server->now_us + 1000);
        arrive(server, HTTP_CLASS_WRITE, 1);
        if (admission_allows(&server->admission, &reads, HTTP_CLASS_READ, server->now_us)) {
            struct admission_ticket ticket;
            admission_enter(&server->admission, &reads, HTTP_CLASS_READ, &ticket, server->now_us);
            admission_leave(&server->admission, &reads, HTTP_CLASS_READ, &ticket);
        } else {
            n_refused++;
        }
    }
    assert_true(n_refused > 9000);
    go_on(server, server->now_us + 1000000); // none for a while
    admission_saw(&server->admission, true, server->now_us);
    assert_true(admission_allows(&server->admission, &reads, HTTP_CLASS_READ, server->now_us));
    free(server);
}

// One in seven takes a slow way: what the others need says nothing about its wait.
static void the_oldest_of_a_route_bounds_what_may_come_after_it(void **state UNUSED)
{
    struct server *server = new_server(5000);
    server->aside_share = 0.15;
    server->aside_per_s = 200;
    offer(server, (double[ADMISSION_CLASSES]){4000}, 20);
    assert_true(server->longest_us < 1000000);
    assert_true(server->n_done[HTTP_CLASS_WRITE] > 0.9 * 20 * 200 / 0.15); // the slow way is never idle
    free(server);
}

static void one_slow_request_shuts_nobody_out(void **state UNUSED)
{
    struct server *server = new_server(1000);
    for (int i = 0; i < 20; i++) { // on its own, and with a class of sixty behind it
        arrive(server, HTTP_CLASS_READ, 3000);
        for (int j = 0; j < 60; j++)
            assert_true(arrive(server, HTTP_CLASS_WRITE, 1));
        go_on(server, server->now_us + 3200000);
    }
    free(server);
}

static void a_class_of_sixty_gets_in_however_slow_it_was(void **state UNUSED)
{
    struct server *server = new_server(20);
    offer(server, (double[ADMISSION_CLASSES]){100}, 20);
    assert_true(server->n_refused[HTTP_CLASS_WRITE] > 1000);
    go_on(server, server->free_us);
    for (int i = 0; i < 60; i++)
        assert_true(arrive(server, HTTP_CLASS_WRITE, 1));
    free(server);
}

static void a_quiet_time_is_no_sign_of_weakness(void **state UNUSED)
{
    struct server *server = new_server(1000);
    offer(server, (double[ADMISSION_CLASSES]){5, 5, 5, 5}, 60);
    for (int i = 0; i < 120; i++)
        assert_true(arrive(server, HTTP_CLASS_WRITE, 1));
    free(server);
}

static void a_standstill_is_bounded_and_forgotten(void **state UNUSED)
{
    struct server *server = new_server(2000);
    offer(server, (double[ADMISSION_CLASSES]){1500}, 10);
    assert_int_equal(server->n_refused[HTTP_CLASS_WRITE], 0);
    server->free_us = server->now_us + 30000000; // the database has stopped
    offer(server, (double[ADMISSION_CLASSES]){1500}, 30);
    assert_true(server->queue.end - server->queue.first < 2000);
    offer(server, (double[ADMISSION_CLASSES]){1500}, 5); // and is back
    forget_counts(server);
    offer(server, (double[ADMISSION_CLASSES]){1500}, 10);
    assert_int_equal(server->n_refused[HTTP_CLASS_WRITE], 0);
    assert_true(server->longest_us < 100000);
    free(server);
}

// A loop that does all the work itself: in a pass it looks at what has come since the one before. Wherever it is in it,
// nobody waits for long, and what is refused costs little.
static void a_loop_that_is_busy_itself_counts_what_lies_unread(void **state UNUSED)
{
    enum { WORK_US = 500, REFUSAL_US = 10, GAP_US = WORK_US / 3, SECONDS = 20 };
    struct server *server = new_server(1);
    int64_t begin_us = server->now_us, next_us = begin_us, longest_us = 0;
    int n_done = 0;
    while (server->now_us < begin_us + SECONDS * 1000000) {
        int64_t pass_us = server->now_us > next_us ? server->now_us : next_us;
        server->now_us = pass_us;
        for (bool is_first = true; next_us <= pass_us; next_us += GAP_US, is_first = false) {
            admission_saw(&server->admission, is_first, server->now_us);
            bool allowed = admission_allows(
                &server->admission, &server->routes[HTTP_CLASS_SCORE], HTTP_CLASS_SCORE, server->now_us);
            server->now_us += allowed ? WORK_US : REFUSAL_US;
            admission_saw(&server->admission, false, server->now_us);
            if (allowed && next_us > begin_us + 1000000 && server->now_us - next_us > longest_us)
                longest_us = server->now_us - next_us;
            n_done += allowed;
        }
    }
    assert_true(longest_us < 150000); // half of what is set, for scores; after the first second
    assert_true(n_done > 0.85 * SECONDS * 1000000 / WORK_US);
    free(server);
}

static void a_loop_held_up_once_refuses_nobody(void **state UNUSED)
{
    struct admission admission;
    struct admission_flow route;
    int64_t now = 1000000;
    admission_flow_init(&route, now);
    admission_init(&admission, WAIT_MAX_MS, now);
    for (int i = 0; i < 10; i++) {
        now += 5000000;
        admission_saw(&admission, true, now);
        assert_true(admission_allows(&admission, &route, HTTP_CLASS_BULK, now));
        now += WAIT_MAX_MS * 900; // a moment without the processor, nearly as long as one may wait
        admission_saw(&admission, false, now);
        now += 50; // and at once the next, which may have lain unread for all of it
        admission_saw(&admission, true, now);
        assert_true(admission_allows(&admission, &route, HTTP_CLASS_BULK, now));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_three_times_the_capacity_the_work_goes_on_and_nobody_waits_a_second),
        cmocka_unit_test(below_the_capacity_nobody_is_refused),
        cmocka_unit_test(what_matters_less_gives_way_first),
        cmocka_unit_test(a_route_is_not_kept_out_by_the_queue_of_another),
        cmocka_unit_test(a_class_gives_way_to_the_queue_of_one_before_it),
        cmocka_unit_test(the_oldest_of_a_route_bounds_what_may_come_after_it),
        cmocka_unit_test(one_slow_request_shuts_nobody_out),
        cmocka_unit_test(a_class_of_sixty_gets_in_however_slow_it_was),
        cmocka_unit_test(a_quiet_time_is_no_sign_of_weakness),
        cmocka_unit_test(a_standstill_is_bounded_and_forgotten),
        cmocka_unit_test(a_loop_that_is_busy_itself_counts_what_lies_unread),
        cmocka_unit_test(a_loop_held_up_once_refuses_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
