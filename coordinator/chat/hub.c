#include "coordinator/chat/hub.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_MAX = 256 };

struct hub_turn {
    struct hub *hub;
    struct hub_turn *next;
    struct id id;
    int n, n_holders;
    bool is_over, is_ready;
    struct uuid lease;
    struct {
        struct buf text;
        const char *state; // NULL: still answering
    } responses[CHAT_RESPONSES_MAX];
};

struct hub {
    pthread_mutex_t lock;
    struct hub_turn *first; // not over
    struct {
        struct uuid endpoint;
        int n_taken; // 0: free
    } places[PLACES_MAX];
};

struct hub *hub_new(void)
{
    struct hub *hub = calloc(1, sizeof(*hub));
    if (hub == NULL || pthread_mutex_init(&hub->lock, NULL) != 0)
        abort();
    return hub;
}

static void turn_free(struct hub_turn *turn)
{
    for (int i = 0; i < turn->n; i++)
        buf_release(&turn->responses[i].text);
    free(turn);
}

void hub_free(struct hub *hub)
{
    if (hub == NULL)
        return;
    for (struct hub_turn *turn = hub->first, *next; turn != NULL; turn = next) {
        next = turn->next;
        turn_free(turn);
    }
    pthread_mutex_destroy(&hub->lock);
    free(hub);
}

static bool id_equal(struct id a, struct id b)
{
    return a.shard_key == b.shard_key && uuid_equal(a.uuid, b.uuid);
}

static struct hub_turn *find(struct hub *hub, struct id id)
{
    struct hub_turn *turn = hub->first;
    while (turn != NULL && !id_equal(turn->id, id))
        turn = turn->next;
    return turn;
}

// --- the one who asks -----------------------------------------------------------------------------------------------------
enum hub_begun hub_begin(struct hub *hub, struct id id, int n, struct hub_turn **ret_turn)
{
    int n_of_study = 0;
    struct hub_turn *turn = calloc(1, sizeof(*turn));
    if (turn == NULL)
        abort();
    assert(n > 0 && n <= CHAT_RESPONSES_MAX);
    *turn = (struct hub_turn){.hub = hub, .id = id, .n = n, .n_holders = 1};
    for (int i = 0; i < n; i++)
        buf_init(&turn->responses[i].text, CHAT_ANSWER_MAX_BYTES);
    pthread_mutex_lock(&hub->lock);
    for (const struct hub_turn *other = hub->first; other != NULL; other = other->next)
        n_of_study += other->id.shard_key == id.shard_key;
    bool there = find(hub, id) != NULL, fits = n_of_study < HUB_TURNS_A_STUDY;
    if (!there && fits) {
        turn->next = hub->first;
        hub->first = turn;
    }
    pthread_mutex_unlock(&hub->lock);
    if (!there && fits) {
        *ret_turn = turn;
        return HUB_BEGUN;
    }
    turn_free(turn);
    return there ? HUB_THERE_ALREADY : HUB_FULL;
}

void hub_add(struct hub_turn *turn, int n, const char *text, size_t size)
{
    pthread_mutex_lock(&turn->hub->lock);
    buf_add(&turn->responses[n].text, text, size);
    pthread_mutex_unlock(&turn->hub->lock);
}

void hub_say(struct hub_turn *turn, int n, const char *state)
{
    pthread_mutex_lock(&turn->hub->lock);
    turn->responses[n].state = state;
    pthread_mutex_unlock(&turn->hub->lock);
}

void hub_end(struct hub_turn *turn, bool is_ready, struct uuid lease)
{
    struct hub *hub = turn->hub;
    pthread_mutex_lock(&hub->lock);
    struct hub_turn **link = &hub->first;
    while (*link != turn)
        link = &(*link)->next;
    *link = turn->next;
    turn->is_over = true;
    turn->is_ready = is_ready;
    turn->lease = lease;
    pthread_mutex_unlock(&hub->lock);
    hub_leave(turn);
}

bool hub_take_place(struct hub *hub, struct uuid endpoint)
{
    int place = -1;
    bool taken = false;
    pthread_mutex_lock(&hub->lock);
    for (int i = 0; i < PLACES_MAX; i++) {
        bool own = hub->places[i].n_taken > 0 && uuid_equal(hub->places[i].endpoint, endpoint);
        if (own || (place < 0 && hub->places[i].n_taken == 0))
            place = i;
        if (own)
            break;
    }
    if (place >= 0 && hub->places[place].n_taken < HUB_CALLS_AN_ENDPOINT) {
        hub->places[place].endpoint = endpoint;
        hub->places[place].n_taken++;
        taken = true;
    }
    pthread_mutex_unlock(&hub->lock);
    return taken;
}

void hub_give_place(struct hub *hub, struct uuid endpoint)
{
    pthread_mutex_lock(&hub->lock);
    for (int i = 0; i < PLACES_MAX; i++) {
        if (hub->places[i].n_taken > 0 && uuid_equal(hub->places[i].endpoint, endpoint)) {
            hub->places[i].n_taken--;
            break;
        }
    }
    pthread_mutex_unlock(&hub->lock);
}

// --- those who watch ------------------------------------------------------------------------------------------------------
bool hub_is_live(struct hub *hub, struct id id)
{
    pthread_mutex_lock(&hub->lock);
    bool live = find(hub, id) != NULL;
    pthread_mutex_unlock(&hub->lock);
    return live;
}

struct hub_turn *hub_watch(struct hub *hub, struct id id)
{
    pthread_mutex_lock(&hub->lock);
    struct hub_turn *turn = find(hub, id);
    if (turn != NULL)
        turn->n_holders++;
    pthread_mutex_unlock(&hub->lock);
    return turn;
}

void hub_leave(struct hub_turn *turn)
{
    struct hub *hub = turn->hub;
    pthread_mutex_lock(&hub->lock);
    bool last = --turn->n_holders == 0;
    pthread_mutex_unlock(&hub->lock);
    if (last)
        turn_free(turn);
}

// At most `max` bytes, cut where a character of UTF-8 begins.
static size_t piece_length(const char *text, size_t length, size_t max)
{
    if (length <= max)
        return length;
    length = max;
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    return length;
}

void hub_read(struct hub_turn *turn, struct hub_cursor *cursor, struct hub_news *news)
{
    bool all = true;
    news->n = turn->n;
    pthread_mutex_lock(&turn->hub->lock);
    for (int i = 0; i < turn->n; i++) {
        const struct buf *text = &turn->responses[i].text;
        size_t left = text->length - cursor->at[i];
        size_t length = piece_length(text->data + cursor->at[i], left, sizeof(news->responses[i].text));
        memcpy(news->responses[i].text, text->data + cursor->at[i], length);
        news->responses[i].length = length;
        cursor->at[i] += length;
        bool ended = length == left && turn->responses[i].state != NULL && !cursor->told[i];
        news->responses[i].state = ended ? turn->responses[i].state : NULL;
        cursor->told[i] = cursor->told[i] || ended;
        all = all && length == left;
    }
    news->is_over = turn->is_over && all;
    news->is_ready = turn->is_ready;
    news->lease = turn->lease;
    pthread_mutex_unlock(&turn->hub->lock);
}
