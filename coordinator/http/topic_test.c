#include "coordinator/http/fixture_test.h"
#include "coordinator/http/internal.h"

#define HOST "Host: x\r\n"
#define WATCH "GET /watch HTTP/1.1\r\n" HOST "\r\n"

enum { STATE_BYTES = 40000, STATES = 60 };

// The loop's; what the tests read of it comes by requests.
static struct http_topic *topic;
static struct http_request *last_joined;
static int n_said;

static void on_gone(void *request)
{
    if (last_joined == request)
        last_joined = NULL;
}

static void watch(struct http_request *request)
{
    last_joined = request;
    arena_on_free(http_arena(request), on_gone, request);
    http_topic_join(topic, request, request);
}

static void say(struct http_request *request)
{
    static char state[STATE_BYTES + 32];
    const char *news = http_query(request, "news");
    if (news != NULL)
        n_said++;
    int length = snprintf(state, sizeof(state), "{\"n\":%d,\"filler\":\"", n_said);
    memset(state + length, 'x', STATE_BYTES);
    snprintf(state + length + STATE_BYTES, 8, "\"}");
    assert_true(http_topic_say(topic, "state", state));
    char text[64];
    snprintf(
        text, sizeof(text), "%zu", last_joined == NULL ? 0 : connection_pending(last_joined->connection));
    http_reply(request, 200, "text/plain", text, strlen(text));
}

static void end_all(void *arg UNUSED, void *listener_arg)
{
    http_topic_end(topic, listener_arg);
}

static void end(struct http_request *request)
{
    http_topic_each(topic, end_all, NULL);
    http_reply_empty(request, http_topic_is_empty(topic) ? 204 : 500);
}

static void too_long(struct http_request *request)
{
    char *state = arena_calloc(http_arena(request), 1, 100000);
    memset(state, 'x', 99999);
    http_reply_empty(request, http_topic_say(topic, "state", state) ? 500 : 204);
}

static const struct http_route routes[] = {
    {.method = HTTP_GET, .pattern = "/watch", .handle = watch},
    {.method = HTTP_GET, .pattern = "/say", .handle = say},
    {.method = HTTP_GET, .pattern = "/end", .handle = end},
    {.method = HTTP_GET, .pattern = "/too-long", .handle = too_long},
    {0},
};
static const struct http_route *const tables[] = {routes, NULL};

static int start(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    topic = http_topic_new();
    n_said = 0;
    fixture_start(fixture, (struct http_settings){.tables = tables});
    *state = fixture;
    return 0;
}

static int stop(void **state)
{
    fixture_stop(*state);
    http_topic_free(topic);
    free(*state);
    return 0;
}

static long say_news(int port, bool news)
{
    struct reply reply;
    assert_int_equal(
        ask(port, news ? "GET /say?news=1 HTTP/1.1\r\n" HOST "\r\n" : "GET /say HTTP/1.1\r\n" HOST "\r\n",
            &reply),
        200);
    long pending = strtol(reply.body, NULL, 10);
    reply_release(&reply);
    return pending;
}

// Whether state `n` has come whole.
static bool has_state(const struct client *client, int n)
{
    char wanted[32];
    snprintf(wanted, sizeof(wanted), "{\"n\":%d,", n);
    const char *at = strstr(client->input.data, wanted);
    return at != NULL && strstr(at, "\n\n") != NULL;
}

// Waits for state `n`, and says how many events have come.
static int wait_for_state(struct client *client, int n)
{
    while (!has_state(client, n))
        assert_true(client_more(client));
    int n_states = 0;
    for (const char *at = client->input.data; (at = strstr(at, "event: state\n")) != NULL; at++)
        n_states++;
    return n_states;
}

static void who_joins_gets_the_state_and_then_each_change(void **state)
{
    struct fixture *fixture = *state;
    struct client early, late;
    client_open(&early, fixture->port);
    client_say(&early, WATCH);
    while (strstr(early.input.data, "retry: ") == NULL)
        assert_true(client_more(&early));
    assert_non_null(strstr(early.input.data, "Content-Type: text/event-stream\r\n"));
    say_news(fixture->port, true);
    assert_int_equal(wait_for_state(&early, 1), 1);
    client_open(&late, fixture->port);
    client_say(&late, WATCH);
    assert_int_equal(wait_for_state(&late, 1), 1);
    say_news(fixture->port, false); // no news: nothing is sent
    say_news(fixture->port, true);
    assert_int_equal(wait_for_state(&early, 2), 2);
    assert_int_equal(wait_for_state(&late, 2), 2);
    assert_int_equal(ask_status(fixture->port, "GET /too-long HTTP/1.1\r\n" HOST "\r\n"), 204);
    assert_int_equal(ask_status(fixture->port, "HEAD /watch HTTP/1.1\r\n" HOST "\r\n"), 200);
    assert_int_equal(ask_status(fixture->port, "GET /end HTTP/1.1\r\n" HOST "\r\n"), 204);
    while (strstr(late.input.data, "\r\n0\r\n\r\n") == NULL)
        assert_true(client_more(&late));
    client_close(&early);
    client_close(&late);
}

static void who_does_not_read_costs_little_and_gets_the_last_state(void **state)
{
    struct fixture *fixture = *state;
    struct client reader, stopped;
    client_open(&reader, fixture->port);
    client_say(&reader, WATCH);
    while (strstr(reader.input.data, "retry: ") == NULL)
        assert_true(client_more(&reader));
    client_open(&stopped, fixture->port);
    int bytes = 65536;
    assert_int_equal(setsockopt(stopped.fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)), 0);
    client_say(&stopped, WATCH);
    while (strstr(stopped.input.data, "retry: ") == NULL)
        assert_true(client_more(&stopped));
    for (int i = 1; i <= STATES; i++) {
        assert_in_range(say_news(fixture->port, true), 0, 64 * 1024);
        wait_for_state(&reader, i); // it is sent to whoever reads
    }
    assert_int_equal(wait_for_state(&reader, STATES), STATES);
    // It begins to read: what had gone out, and at the next turn the state that holds.
    while (!has_state(&stopped, STATES)) {
        say_news(fixture->port, false);
        assert_true(client_more(&stopped));
    }
    assert_in_range(wait_for_state(&stopped, STATES), 2, 10);
    client_close(&reader);
    client_close(&stopped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_joins_gets_the_state_and_then_each_change, start, stop),
        cmocka_unit_test_setup_teardown(who_does_not_read_costs_little_and_gets_the_last_state, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
