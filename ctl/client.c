#include "ctl/client.h"

#include "base/buf.h"
#include "base/id.h"

#include <curl/curl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { ANSWER_MAX_BYTES = 64 * 1024 * 1024, TOKEN_MAX_BYTES = 512, CONNECT_TIMEOUT_S = 10, PATIENCE_S = 60 };

struct client {
    CURL *curl;
    char *url, *token;
    char message[CURL_ERROR_SIZE];
};

static char *copy_or_null(const char *text)
{
    if (text == NULL)
        return NULL;
    char *copy = strdup(text);
    if (copy == NULL)
        abort();
    return copy;
}

struct client *client_new(const char *url, const char *token)
{
    struct client *client = calloc(1, sizeof(*client));
    if (client == NULL || (client->curl = curl_easy_init()) == NULL)
        abort();
    client->url = copy_or_null(url);
    client->token = copy_or_null(token);
    size_t length = strlen(client->url);
    while (length > 0 && client->url[length - 1] == '/')
        client->url[--length] = '\0';
    return client;
}

void client_free(struct client *client)
{
    if (client == NULL)
        return;
    curl_easy_cleanup(client->curl);
    free(client->url);
    free(client->token);
    free(client);
}

void client_set_token(struct client *client, const char *token)
{
    free(client->token);
    client->token = copy_or_null(token);
}

int client_from_config(const struct config *config, struct client **ret_client, struct err *err)
{
    const char *token = config_text(config, "token"), *data = config_text(config, "data");
    char line[TOKEN_MAX_BYTES] = "";
    if (token == NULL) {
        char path[PATH_MAX];
        snprintf(path, sizeof(path), "%s/admin.token",
            data != NULL     ? data
            : geteuid() == 0 ? "/var/lib/plenum"
                             : "./var");
        FILE *file = fopen(path, "re");
        if (file == NULL)
            return err_set_errno(err, "no --token, and %s", path);
        if (fgets(line, sizeof(line), file) != NULL)
            line[strcspn(line, "\r\n")] = '\0';
        fclose(file);
        token = line;
    }
    *ret_client = client_new(config_text(config, "url"), token);
    return 0;
}

void client_new_key(char key[37])
{
    uuid_format(uuid_new(), key);
}

static size_t on_answer(char *data, size_t size, size_t n, void *arg)
{
    struct buf *answer = arg;
    buf_add(answer, data, size * n);
    return buf_check(answer) == 0 ? size * n : 0;
}

// The detail of a problem, with the first few pointers; what one error alone says is the detail, and is said once.
static int problem_to_err(long status, json_t *body, struct err *err)
{
    const char *detail = json_string_value(json_object_get(body, "detail"));
    const char *title = json_string_value(json_object_get(body, "title"));
    struct buf text;
    buf_init(&text, sizeof(err->message));
    buf_printf(&text, "%ld %s", status, detail != NULL ? detail : title != NULL ? title : "no explanation");
    size_t i;
    json_t *error;
    json_array_foreach(json_object_get(body, "errors"), i, error)
    {
        const char *pointer = json_string_value(json_object_get(error, "pointer"));
        const char *at = json_string_value(json_object_get(error, "detail"));
        if (detail != NULL && at != NULL && strcmp(detail, at) == 0) {
            if (pointer != NULL && pointer[0] != '\0')
                buf_printf(&text, " (%s)", pointer);
            continue;
        }
        buf_printf(&text, "%s%s%s%s", i == 0 ? " " : "; ", pointer != NULL ? pointer : "",
            pointer != NULL && pointer[0] != '\0' ? ": " : "", at != NULL ? at : "");
    }
    int rc = err_set(err,
        status == 404   ? ERR_NOT_FOUND
        : status >= 500 ? ERR_IO
                        : ERR_INVALID,
        "%s", text.data);
    buf_release(&text);
    return rc;
}

struct exchange {
    const char *method, *path, *content_type, *content_encoding, *key;
    const void *data; // the body, or NULL
    size_t size;
    FILE *upload, *download;
};

static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *value)
{
    char *line = NULL;
    if (asprintf(&line, "%s: %s", name, value) < 0)
        abort();
    list = curl_slist_append(list, line);
    free(line);
    if (list == NULL)
        abort();
    return list;
}

static struct curl_slist *headers_of(const struct client *client, const struct exchange *exchange)
{
    struct curl_slist *headers = add_header(NULL, "Accept", "application/json, application/problem+json");
    headers = curl_slist_append(headers, "Expect:"); // no round trip before a body
    if (client->token != NULL) {
        char *bearer = NULL;
        if (asprintf(&bearer, "Bearer %s", client->token) < 0)
            abort();
        headers = add_header(headers, "Authorization", bearer);
        free(bearer);
    }
    if (exchange->content_type != NULL)
        headers = add_header(headers, "Content-Type", exchange->content_type);
    if (exchange->content_encoding != NULL)
        headers = add_header(headers, "Content-Encoding", exchange->content_encoding);
    if (exchange->key != NULL)
        headers = add_header(headers, "Idempotency-Key", exchange->key);
    return headers;
}

static int perform(struct client *client, const struct exchange *exchange, struct buf *answer,
    long *ret_status, struct err *err)
{
    CURL *curl = client->curl;
    char *url = NULL;
    if (asprintf(&url, "%s%s", client->url, exchange->path) < 0)
        abort();
    struct curl_slist *headers = headers_of(client, exchange);
    curl_easy_reset(curl);
    client->message[0] = '\0';
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->message);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (exchange->upload != NULL) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_READDATA, exchange->upload);
    } else if (exchange->data != NULL || strcmp(exchange->method, "POST") == 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, exchange->data != NULL ? exchange->data : "");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->size);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, exchange->method);
    if (exchange->download != NULL) {
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange->download);
        curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    } else {
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_answer);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    }
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, ret_status);
    curl_slist_free_all(headers);
    int rc = 0;
    if (code != CURLE_OK)
        rc = err_set(err, ERR_IO, "%s: %s", url,
            client->message[0] != '\0' ? client->message : curl_easy_strerror(code));
    free(url);
    return rc;
}

// Too much at once for the server or for this account: nothing was done, and it says when to come back. True when we
// have waited until then, and may ask again; `*waited_s` is how long for this answer already.
static bool wait_as_told(
    struct client *client, const struct exchange *exchange, long status, long *waited_s, struct buf *answer)
{
    curl_off_t wait_s = 0;
    if ((status != 429 && status != 503) ||
        curl_easy_getinfo(client->curl, CURLINFO_RETRY_AFTER, &wait_s) != CURLE_OK || wait_s <= 0 ||
        wait_s > PATIENCE_S - *waited_s ||
        (exchange->upload != NULL && fseek(exchange->upload, 0, SEEK_SET) != 0))
        return false;
    *waited_s += (long)wait_s;
    buf_clear(answer);
    sleep((unsigned)wait_s);
    return true;
}

static int run(struct client *client, const struct exchange *exchange, int *ret_status, json_t **ret_body,
    struct err *err)
{
    struct buf answer;
    buf_init(&answer, ANSWER_MAX_BYTES);
    long status = 0, waited_s = 0;
    int rc;
    do
        rc = perform(client, exchange, &answer, &status, err);
    while (rc == 0 && wait_as_told(client, exchange, status, &waited_s, &answer));
    if (rc < 0) {
        buf_release(&answer);
        return rc;
    }
    json_error_t ignored;
    json_t *body =
        answer.length > 0 ? json_loadb(answer.data, answer.length, JSON_DECODE_ANY, &ignored) : NULL;
    buf_release(&answer);
    if (ret_status != NULL)
        *ret_status = (int)status;
    else if (status >= 400) {
        rc = problem_to_err(status, body, err);
        json_decref(body);
        return rc;
    }
    if (ret_body != NULL)
        *ret_body = body;
    else
        json_decref(body);
    return 0;
}

int client_call(struct client *client, const char *method, const char *path, json_t *body, const char *key,
    int *ret_status, json_t **ret_body, struct err *err)
{
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    struct exchange exchange = {.method = method,
        .path = path,
        .key = key,
        .content_type = text != NULL ? "application/json" : NULL,
        .data = text,
        .size = text != NULL ? strlen(text) : 0};
    int rc = run(client, &exchange, ret_status, ret_body, err);
    free(text);
    return rc;
}

int client_upload(struct client *client, const char *path, FILE *file, const char *content_type,
    const char *content_encoding, json_t **ret_body, struct err *err)
{
    struct exchange exchange = {.method = "POST",
        .path = path,
        .content_type = content_type,
        .content_encoding = content_encoding,
        .upload = file};
    return run(client, &exchange, NULL, ret_body, err);
}

int client_download(struct client *client, const char *path, FILE *file, struct err *err)
{
    struct exchange exchange = {.method = "GET", .path = path, .download = file};
    long status = 0;
    return perform(client, &exchange, NULL, &status, err);
}
