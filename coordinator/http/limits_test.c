#include "coordinator/http/fixture_test.h"

// Time, numbers and ends: deadlines, caps, drains, counters.

#define HOST "Host: x\r\n"
#define ALIVE "GET /livez HTTP/1.1\r\n" HOST "\r\n"

static atomic_int closes_seen;

static void reply_alive(struct http_request *request)
{
    http_reply(request, 200, "text/plain", "alive\n", 6);
}

static void reply_echo(struct http_request *request)
{
    size_t size;
    const char *body = http_body(request, &size);
    http_reply(request, 200, "application/octet-stream", body, size);
}

// Requests that wait until one asks for their release.
static struct http_request *waiting[512];
static int n_waiting;

static void wait_for_release(struct http_request *request)
{
    waiting[n_waiting++] = request;
}

static void release_all(struct http_request *request)
{
    for (int i = 0; i < n_waiting; i++)
        http_reply(waiting[i], 200, "text/plain", "released\n", 9);
    n_waiting = 0;
    http_reply_empty(request, 204);
}

static void events_closed(void *arg)
{
    closes_seen++;
    http_stream_end(arg);
}

static void give_events(struct http_request *request)
{
    http_stream_begin(request, 200, "text/event-stream", NULL, events_closed, request);
    http_stream_write(request, "data: 1\n\n", 9);
}

static void give_much(struct http_request *request)
{
    static char much[32 << 20];
    http_reply(request, 200, "application/octet-stream", much, sizeof(much));
}

static void on_data(void *arg UNUSED, const char *data UNUSED, size_t size UNUSED)
{
}

static void on_end(void *arg, int rc, const struct err *err)
{
    closes_seen++;
    if (rc != 0)
        http_problem(arg, 400, "%s", err->message);
    else
        http_reply_empty(arg, 204);
}

static void take_upload(struct http_request *request)
{
    http_body_stream(request, on_data, on_end, request);
}

static const struct http_route routes[] = {
    {HTTP_GET, "/livez", reply_alive, HTTP_CLASS_READ, 0, 0, 0, 0},
    {HTTP_POST, "/echo", reply_echo, HTTP_CLASS_WRITE, HTTP_CROSS_SITE, 0, 0, 0},
    {HTTP_POST, "/score", reply_echo, HTTP_CLASS_SCORE, HTTP_CROSS_SITE, 4 << 20, 0, 0},
    {HTTP_GET, "/wait", wait_for_release, HTTP_CLASS_BULK, 0, 0, 0, 0},
    {HTTP_GET, "/release", release_all, HTTP_CLASS_WRITE, 0, 0, 0, 0},
    {HTTP_GET, "/events", give_events, HTTP_CLASS_READ, 0, 0, 0, 0},
    {HTTP_GET, "/much", give_much, HTTP_CLASS_READ, 0, 0, 0, 0},
    {HTTP_POST, "/upload", take_upload, HTTP_CLASS_BULK, HTTP_STREAM_BODY, 1 << 20, 0, 0},
    {0},
};
static const struct http_route *const tables[] = {routes, NULL};

static void wait_for(atomic_int *counter, int wanted)
{
    for (int i = 0; i < CLIENT_WAIT_S * 1000 && *counter < wanted; i++)
        usleep(1000);
    assert_int_equal(*counter, wanted);
}

static void heads_have_an_absolute_deadline(void **state UNUSED)
{
    struct fixture fixture;
    fixture_start(&fixture,
        (struct http_settings){.tables = tables, .header_timeout_ms = 400, .idle_timeout_ms = 60000});
    struct client client;
    struct reply reply;
    client_open(&client, fixture.port);
    const char *text =
        "GET /livez HTTP/1.1\r\nHost: x\r\nX-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    for (const char *at = text; *at != '\0'; at++) { // a byte each 30 ms keeps no connection alive
        client_send(&client, at, 1);
        usleep(30000);
    }
    client_receive(&client, false, &reply);
    assert_int_equal(reply.status, 408);
    assert_true(client_is_closed(&client));
    reply_release(&reply);
    client_close(&client);
    fixture_stop(&fixture);
}

static void idle_connections_are_closed(void **state UNUSED)
{
    struct fixture fixture;
    fixture_start(&fixture, (struct http_settings){.tables = tables, .idle_timeout_ms = 300});
    struct client fresh, used;
    struct reply reply;
    client_open(&fresh, fixture.port);
    client_open(&used, fixture.port);
    client_say(&used, ALIVE);
    client_receive(&used, false, &reply);
    assert_int_equal(reply.status, 200);
    reply_release(&reply);
    assert_true(client_is_closed(&fresh));
    assert_true(client_is_closed(&used));
    client_close(&fresh);
    client_close(&used);
    fixture_stop(&fixture);
}

static void slow_bodies_are_given_up(void **state UNUSED)
{
    struct fixture fixture;
    fixture_start(&fixture, (struct http_settings){.tables = tables, .body_min_bytes_per_s = 1 << 20});
    struct client whole, streamed;
    struct reply reply;
    closes_seen = 0;
    client_open(&whole, fixture.port);
    client_open(&streamed, fixture.port);
    client_say(&whole, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\nabc");
    client_say(&streamed, "POST /upload HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\nabc");
    client_receive(&whole, false, &reply);
    assert_int_equal(reply.status, 408);
    reply_release(&reply);
    client_receive(&streamed, false, &reply);
    assert_int_equal(reply.status, 400);
    reply_release(&reply);
    assert_int_equal(closes_seen, 1);
    assert_true(client_is_closed(&streamed));
    client_close(&whole);
    client_close(&streamed);
    fixture_stop(&fixture);
}

static void readers_that_stop_are_given_up(void **state UNUSED)
{
    struct fixture fixture;
    fixture_start(&fixture, (struct http_settings){.tables = tables, .idle_timeout_ms = 300});
    struct client client;
    client_open(&client, fixture.port);
    client_say(&client, "GET /much HTTP/1.1\r\n" HOST "\r\n");
    usleep(1500000);
    size_t got = 0;
    char piece[65536];
    for (ssize_t n; (n = recv(client.fd, piece, sizeof(piece), 0)) > 0;)
        got += (size_t)n;
    assert_true(got < (32 << 20)); // what was in the kernel; then the end
    client_close(&client);
    assert_int_equal(ask_status(fixture.port, ALIVE), 200);
    fixture_stop(&fixture);
}

static void one_address_has_so_many(void **state UNUSED)
{
    struct fixture fixture;
    fixture_start(
        &fixture, (struct http_settings){
                      .tables = tables, .limits_by_address = true, .max_connections_per_address = 3});
    struct client clients[3];
    struct reply reply;
    for (int i = 0; i < 3; i++) {
        client_open(&clients[i], fixture.port);
        client_say(&clients[i], ALIVE);
        client_receive(&clients[i], false, &reply);
        assert_int_equal(reply.status, 200);
        reply_release(&reply);
    }
    assert_int_equal(ask(fixture.port, "", &reply), 503);
    assert_non_null(field_of(reply.head, "Retry-After"));
    reply_release(&reply);
    client_close(&clients[0]);
    int status = 503;
    for (int i = 0; i < 1000 && status != 200; i++) { // when the server has seen it go
        usleep(1000);
        status = ask_status(fixture.port, ALIVE);
    }
    assert_int_equal(status, 200);
    client_close(&clients[1]);
    client_close(&clients[2]);
    fixture_stop(&fixture);
}

static void all_together_have_so_many(void **state UNUSED)
{
    struct fixture fixture;
    fixture_start(&fixture, (struct http_settings){.tables = tables, .max_connections = 4});
    struct client clients[6];
    struct reply reply;
    for (int i = 0; i < 6; i++) { // the kernel takes two more, and they wait
        client_open(&clients[i], fixture.port);
        client_say(&clients[i], ALIVE);
    }
    for (int i = 0; i < 6; i++) {
        client_receive(&clients[i], false, &reply);
        assert_int_equal(reply.status, 200);
        reply_release(&reply);
        client_close(&clients[i]);
    }
    fixture_stop(&fixture);
}

static void bulk_work_leaves_room_for_writes(void **state UNUSED)
{
    struct fixture fixture;
    enum { MANY = 300 };
    fixture_start(&fixture, (struct http_settings){.tables = tables, .wait_max_ms = 10000});
    struct client *clients = calloc(MANY, sizeof(*clients));
    for (int i = 0; i < MANY; i++) {
        client_open(&clients[i], fixture.port);
        client_say(&clients[i], "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    }
    struct reply reply;
    client_receive(&clients[MANY - 1], false, &reply);
    assert_int_equal(reply.status, 503);
    assert_in_range(strtol(field_of(reply.head, "Retry-After"), NULL, 10), 1, 3);
    assert_null(field_of(reply.head, "Connection")); // it lives on
    reply_release(&reply);
    assert_int_equal(ask_status(fixture.port, "GET /release HTTP/1.1\r\n" HOST "\r\n"), 204);
    int n_done = 0;
    for (int i = 0; i < MANY - 1; i++) {
        client_receive(&clients[i], false, &reply);
        assert_true(reply.status == 200 || reply.status == 503);
        n_done += reply.status == 200;
        reply_release(&reply);
    }
    // Fewer than make a crowd are never refused; and a tenth of what a loop takes may be bulk, however fast it goes.
    assert_in_range(n_done, 25, 200);
    for (int i = 0; i < MANY; i++)
        client_close(&clients[i]);
    free(clients);
    fixture_stop(&fixture);
}

static void bodies_in_memory_have_a_budget(void **state UNUSED)
{
    struct fixture fixture;
    enum { MANY = 20, SIZE = 4 << 20 }; // together more than the 64 MiB of a loop
    fixture_start(&fixture, (struct http_settings){.tables = tables});
    struct client clients[MANY];
    char *body = calloc(1, SIZE), head[128];
    int n_refused = 0;
    snprintf(head, sizeof(head), "POST /score HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n", SIZE);
    for (int i = 0; i < MANY; i++) {
        client_open(&clients[i], fixture.port);
        client_say(&clients[i], head);
        client_send(&clients[i], body, SIZE - 1);
    }
    usleep(100000);
    for (int i = 0; i < MANY; i++) {
        struct reply reply;
        client_send(&clients[i], body, 1);
        client_receive(&clients[i], false, &reply);
        assert_true(reply.status == 503 || (reply.status == 200 && reply.size == SIZE));
        n_refused += reply.status == 503;
        reply_release(&reply);
        client_close(&clients[i]);
    }
    assert_true(n_refused > 0 && n_refused < MANY);
    assert_int_equal(ask_status(fixture.port, ALIVE), 200);
    free(body);
    fixture_stop(&fixture);
}

static void drains_finish_what_is_in_flight(void **state UNUSED)
{
    struct fixture fixture;
    fixture_start(&fixture, (struct http_settings){.tables = tables});
    fixture.drain = true;
    closes_seen = 0;
    struct client idle, late, busy, other, events, newcomer;
    struct reply reply;
    client_open(&idle, fixture.port);
    client_open(&late, fixture.port);
    client_open(&busy, fixture.port);
    client_open(&other, fixture.port);
    client_open(&events, fixture.port);
    client_say(&idle, ALIVE);
    client_receive(&idle, false, &reply);
    reply_release(&reply);
    client_say(&events, "GET /events HTTP/1.1\r\n" HOST "\r\n");
    while (strstr(events.input.data, "data: 1") == NULL)
        assert_true(client_more(&events));
    client_say(&other, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\na");
    client_say(&busy, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    usleep(50000);
    fixture_wake(&fixture);
    wait_for(&closes_seen, 1);
    while (strstr(events.input.data, "\r\n0\r\n\r\n") == NULL) // whole, to its last chunk
        assert_true(client_more(&events));
    // A request that was on its way on an idle connection, and one on a connection that was just being made.
    client_say(&late, ALIVE);
    client_open(&newcomer, fixture.port);
    client_say(&newcomer, ALIVE);
    struct client *const answered[] = {&late, &newcomer};
    for (size_t i = 0; i < ARRAY_SIZE(answered); i++) {
        client_receive(answered[i], false, &reply);
        assert_string_equal(reply.body, "alive\n");
        assert_string_equal(field_of(reply.head, "Connection"), "close");
        reply_release(&reply);
        assert_true(client_is_closed(answered[i]));
        client_close(answered[i]);
    }
    assert_true(client_is_closed(&idle));
    assert_true(fixture.deaf);
    assert_false(fixture.drained);
    client_say(&other, "bc"); // its request had begun
    client_receive(&other, false, &reply);
    assert_string_equal(reply.body, "abc");
    assert_string_equal(field_of(reply.head, "Connection"), "close");
    reply_release(&reply);
    client_close(&other);
    struct linger hard = {.l_onoff = 1};
    setsockopt(busy.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    client_close(&busy); // a reset: its handler still has the request, but no connection is left
    client_close(&idle);
    client_close(&events);
    fixture_join(&fixture);
    assert_true(fixture.drained);
    assert_int_equal(n_waiting, 1); // the server has gone; the request is valid until it is replied to
    assert_string_equal(http_path(waiting[0]), "/wait");
    http_reply(waiting[0], 200, "text/plain", "x", 1);
    n_waiting = 0;
}

static void counters_count(void **state UNUSED)
{
    struct fixture fixture;
    fixture_start(&fixture, (struct http_settings){.tables = tables});
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask_status(fixture.port, ALIVE), 200);
    assert_int_equal(ask_status(fixture.port, "GET /nothing HTTP/1.1\r\n" HOST "\r\n"), 404);
    assert_int_equal(ask_status(fixture.port, "GET / HTTP/1.1\r\n\r\n"), 400);
    struct buf text;
    buf_init(&text, 1 << 20);
    http_metrics(&text);
    assert_non_null(
        strstr(text.data, "plenum_http_requests_total{method=\"GET\",route=\"/livez\",status=\"2xx\"} 5\n"));
    assert_non_null(strstr(text.data, "route=\"(none)\",status=\"4xx\"} 1\n"));
    assert_non_null(strstr(text.data, "route=\"(refused)\",status=\"4xx\"} 1\n"));
    assert_non_null(strstr(text.data, "plenum_http_connections_total 7\n"));
    assert_non_null(strstr(text.data,
        "plenum_http_request_duration_seconds_bucket{method=\"GET\",route=\"/livez\",le=\"+Inf\"} 5\n"));
    buf_release(&text);
    fixture_stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_have_an_absolute_deadline),
        cmocka_unit_test(idle_connections_are_closed),
        cmocka_unit_test(slow_bodies_are_given_up),
        cmocka_unit_test(readers_that_stop_are_given_up),
        cmocka_unit_test(one_address_has_so_many),
        cmocka_unit_test(all_together_have_so_many),
        cmocka_unit_test(bulk_work_leaves_room_for_writes),
        cmocka_unit_test(bodies_in_memory_have_a_budget),
        cmocka_unit_test(drains_finish_what_is_in_flight),
        cmocka_unit_test(counters_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
