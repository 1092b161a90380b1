#include "coordinator/work.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <pthread.h>
#include <time.h>

struct task {
    struct work_pool *pool;
    struct event_base *base;
    pthread_t loop, ran_on;
    int again; // how many more times `done` submits it
    int n_run, n_done;
};

static void run_task(void *arg)
{
    struct task *task = arg;
    task->ran_on = pthread_self();
    task->n_run++;
}

static void task_done(void *arg)
{
    struct task *task = arg;
    assert_true(pthread_equal(pthread_self(), task->loop));
    assert_false(pthread_equal(task->ran_on, task->loop));
    task->n_done++;
    if (task->again-- > 0)
        assert_int_equal(work_submit(task->pool, task->base, run_task, task_done, task), 0);
}

static void test_runs_there_and_ends_here(void **state)
{
    (void)state;
    struct work_pool *pool = work_pool_new(2, 16);
    struct event_base *base = event_base_new();
    for (int round = 0; round < 3; round++) {
        struct task tasks[8] = {0};
        for (int i = 0; i < 8; i++) {
            tasks[i] = (struct task){.pool = pool, .base = base, .loop = pthread_self(), .again = i % 3};
            assert_int_equal(work_submit(pool, base, run_task, task_done, &tasks[i]), 0);
        }
        event_base_dispatch(base); // ends by itself when nothing is outstanding
        for (int i = 0; i < 8; i++) {
            assert_int_equal(tasks[i].n_run, 1 + i % 3);
            assert_int_equal(tasks[i].n_done, 1 + i % 3);
        }
    }
    event_base_free(base);
    work_pool_free(pool);
}

static void *run_loop(void *arg)
{
    struct work_pool *pool = arg;
    struct event_base *base = event_base_new();
    struct task task = {.pool = pool, .base = base, .loop = pthread_self(), .again = 500};
    if (work_submit(pool, base, run_task, task_done, &task) != 0)
        abort();
    event_base_dispatch(base);
    event_base_free(base);
    return (void *)(intptr_t)task.n_done;
}

static void test_many_loops(void **state)
{
    (void)state;
    struct work_pool *pool = work_pool_new(3, 16);
    pthread_t loops[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&loops[i], NULL, run_loop, pool), 0);
    for (int i = 0; i < 4; i++) {
        void *n_done = NULL;
        pthread_join(loops[i], &n_done);
        assert_int_equal((intptr_t)n_done, 501);
    }
    work_pool_free(pool);
}

static void block(void *arg)
{
    pthread_mutex_t *gate = arg;
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
}

static void count(void *arg UNUSED)
{
}

static void test_full_queue_and_early_end(void **state)
{
    (void)state;
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    struct work_pool *pool = work_pool_new(1, 4);
    struct event_base *base = event_base_new();
    int n_taken = 0;
    pthread_mutex_lock(&gate);
    for (int i = 0; i < 10; i++)
        n_taken += work_submit(pool, base, block, count, &gate) == 0;
    assert_in_range(n_taken, 4, 5); // four wait; one may run already
    pthread_mutex_unlock(&gate);
    event_base_free(base); // before the answers came: they are dropped
    work_pool_free(pool);
}

int main(void)
{
    evthread_use_pthreads();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_there_and_ends_here),
        cmocka_unit_test(test_many_loops),
        cmocka_unit_test(test_full_queue_and_early_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
