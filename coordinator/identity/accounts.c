#include "coordinator/identity/routes.h"

#include "base/buf.h"
#include "base/hash.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/cache.h"
#include "coordinator/limits.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <sodium.h>
#include <string.h>

// OWASP's second choice of 2023: 61 ms of a core here (FACTS). Hashed on the pool, whose queue is bounded.
enum {
    ARGON_PASSES = 2,
    ARGON_BYTES = 19456 * 1024,
    PASSPHRASE_MIN = 8,
    PASSPHRASE_MAX = 256,
    NAME_CHARACTERS_MAX = 64,
    GUESS_COST = 4 // more than one that is right
};

// One log-in or sign-up on its way; in the request's arena.
struct account {
    struct http_request *request;
    const char *name, *passphrase, *recovery; // borrowed from the body, which lives as long as the request
    bool create, new_person, is_right;
    struct uuid person, session;
    char secret[SECRET_TEXT_BYTES];
    unsigned char secret_hash[HASH_BYTES], recovery_hash[HASH_BYTES];
    char stored[crypto_pwhash_STRBYTES]; // the hash to check against, or the one made
    char codes[N_RECOVERY_CODES][RECOVERY_TEXT_BYTES];
};

static void busy(struct http_request *request)
{
    http_reply_header(request, "Retry-After", "2");
    http_problem(request, 503, "Many people are signing in just now; try again in a moment.");
}

// Whole classes sign in from one address; who guesses there gets far fewer tries.
static void refuse_guess(struct http_request *request, const char *detail)
{
    http_limit_charge(request, LIMIT_SIGN_IN, GUESS_COST);
    http_problem(request, 401, "%s", detail);
}

static void new_session(struct account *account)
{
    account->session = uuid_new();
    secret_new(account->secret);
    int rc = secret_hash(account->secret, account->secret_hash);
    assert(rc == 0);
}

// --- pool thread --------------------------------------------------------------------------------------------------------
static void hash_run(void *arg)
{
    struct account *account = arg;
    if (crypto_pwhash_str_alg(account->stored, account->passphrase, strlen(account->passphrase), ARGON_PASSES,
            ARGON_BYTES, crypto_pwhash_ALG_ARGON2ID13) != 0)
        abort(); // out of memory
}

static void verify_run(void *arg)
{
    struct account *account = arg;
    account->is_right =
        crypto_pwhash_str_verify(account->stored, account->passphrase, strlen(account->passphrase)) == 0;
}

// --- signing up ---------------------------------------------------------------------------------------------------------
static void on_created(void *arg, const struct db_result *result)
{
    struct account *account = arg;
    struct http_request *request = account->request;
    if (result->status == DB_CONFLICT) {
        http_problem_at(request, 409, "/name", "Somebody has this name already, or you have one.");
        return;
    }
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(request, 409, "This person can't be given a name.");
        return;
    }
    json_t *codes = json_array();
    for (size_t i = 0; i < N_RECOVERY_CODES; i++)
        json_array_append_new(codes, json_string(account->codes[i]));
    session_cookie(request, account->secret);
    json_t *body = json_object();
    json_object_set_new(body, "person_id", json_id((struct id){.uuid = account->person}));
    json_object_set_new(body, "name", json_string(account->name));
    json_object_set_new(body, "recovery_codes", codes);
    json_object_set_new(body, "expires_at", json_db_time(result, 0, 1));
    http_reply_json(request, 201, body);
}

static void create_done(void *arg)
{
    struct account *account = arg;
    const struct loop *loop = http_context(account->request);
    struct buf hashes;
    buf_init(&hashes, 1024);
    for (size_t i = 0; i < N_RECOVERY_CODES; i++) {
        unsigned char hash[HASH_BYTES];
        char hex[HASH_HEX_BYTES];
        recovery_new(account->codes[i]);
        int rc = recovery_hash(account->codes[i], hash);
        assert(rc == 0);
        hex_encode(hash, sizeof(hash), hex);
        buf_printf(&hashes, "%s\"\\\\x%s\"", i == 0 ? "{" : ",", hex);
    }
    buf_add_char(&hashes, '}');
    new_session(account);
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, account->person);
    db_add_bool(&params, account->new_person);
    db_add_text(&params, account->name);
    db_add_text(&params, account->stored);
    db_add_text(&params, hashes.data);
    db_add_uuid(&params, account->session);
    db_add_bytes(&params, account->secret_hash, HASH_BYTES);
    db_add_number(&params, SESSION_SECONDS);
    db_query(loop->db, DB_WRITE, 0, QUERY_IDENTITY_ACCOUNT_CREATE, &params, on_created, account);
    buf_release(&hashes);
}

static struct account *account_new(struct http_request *request)
{
    struct account *account = arena_calloc(http_arena(request), 1, sizeof(*account));
    account->request = request;
    return account;
}

static void create_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    json_t *body = http_body_json(request);
    if (body == NULL)
        return;
    struct account *account = account_new(request);
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("name", "passphrase"));
    account->name = fields_text(&fields, body, "", "name", FIELD_REQUIRED, 1, NAME_CHARACTERS_MAX);
    account->passphrase =
        fields_text(&fields, body, "", "passphrase", FIELD_REQUIRED, PASSPHRASE_MIN, PASSPHRASE_MAX);
    if (account->name != NULL && (account->name[0] == ' ' || account->name[strlen(account->name) - 1] == ' '))
        fields_fail(&fields, "/name", "A name neither begins nor ends with a space.");
    if (!fields_finish(&fields, request))
        return;
    // Who has joined as a bare participant and now takes a name stays the same person.
    account->new_person = actor == NULL || actor->is_token;
    account->person = account->new_person ? uuid_new() : actor->person;
    if (work_submit(loop->app->pool, loop->base, hash_run, create_done, account) < 0)
        busy(request);
}

void accounts_create(struct http_request *request)
{
    identity_ask(request, create_as);
}

// --- signing in ---------------------------------------------------------------------------------------------------------
static void on_session(void *arg, const struct db_result *result)
{
    struct account *account = arg;
    struct http_request *request = account->request;
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0) {
        refuse_guess(request, "The name or the recovery code is wrong.");
        return;
    }
    session_cookie(request, account->secret);
    json_t *body = json_object();
    json_object_set_new(body, "person_id", json_id((struct id){.uuid = account->person}));
    json_object_set_new(body, "name", json_string(account->name));
    json_object_set_new(body, "expires_at", json_db_time(result, 0, 0));
    http_reply_json(request, 201, body);
}

static void recover_done(void *arg)
{
    struct account *account = arg;
    const struct loop *loop = http_context(account->request);
    struct db_params params;
    new_session(account);
    db_params_init(&params);
    db_add_uuid(&params, account->person);
    db_add_bytes(&params, account->recovery_hash, HASH_BYTES);
    db_add_text(&params, account->stored);
    db_add_uuid(&params, account->session);
    db_add_bytes(&params, account->secret_hash, HASH_BYTES);
    db_add_number(&params, SESSION_SECONDS);
    db_query(loop->db, DB_WRITE, 0, QUERY_IDENTITY_RECOVER, &params, on_session, account);
}

static void verify_done(void *arg)
{
    struct account *account = arg;
    const struct loop *loop = http_context(account->request);
    if (!account->is_right || uuid_equal(account->person, (struct uuid){0})) {
        refuse_guess(account->request, "The name or the passphrase is wrong.");
        return;
    }
    struct db_params params;
    new_session(account);
    db_params_init(&params);
    db_add_uuid(&params, account->session);
    db_add_bytes(&params, account->secret_hash, HASH_BYTES);
    db_add_uuid(&params, account->person);
    db_add_number(&params, SESSION_SECONDS);
    db_query(loop->db, DB_WRITE, 0, QUERY_IDENTITY_SESSION_CREATE, &params, on_session, account);
}

static void on_credential(void *arg, const struct db_result *result)
{
    // A hash of nothing, so that an unknown name takes as long as a wrong passphrase.
    static const char nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
                                 "4nEr4TKHLmNQPJ2bHDxuqcTJV2tJ3bwMkRp0vXH3Yk4";
    struct account *account = arg;
    const struct loop *loop = http_context(account->request);
    if (api_db_failed(account->request, result))
        return;
    bool known = result->n_rows > 0;
    if (account->recovery != NULL && (!known || !db_bool(result, 0, 2))) {
        refuse_guess(account->request, "The name or the recovery code is wrong.");
        return;
    }
    if (known)
        account->person = db_uuid(result, 0, 0);
    const char *stored = known ? db_text(result, 0, 1) : nobody;
    assert(strlen(stored) < sizeof(account->stored));
    if (account->recovery == NULL)
        memcpy(account->stored, stored, strlen(stored) + 1);
    int rc = account->recovery != NULL
                 ? work_submit(loop->app->pool, loop->base, hash_run, recover_done, account)
                 : work_submit(loop->app->pool, loop->base, verify_run, verify_done, account);
    if (rc < 0)
        busy(account->request);
}

// {name, passphrase}, or {name, recovery_code, new_passphrase}: the code is spent, and other sessions end.
void session_create(struct http_request *request)
{
    const struct loop *loop = http_context(request);
    json_t *body = http_body_json(request);
    if (body == NULL)
        return;
    struct account *account = account_new(request);
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("name", "passphrase", "recovery_code", "new_passphrase"));
    account->name = fields_text(&fields, body, "", "name", FIELD_REQUIRED, 1, NAME_CHARACTERS_MAX);
    account->recovery = fields_text(&fields, body, "", "recovery_code", FIELD_OPTIONAL, 1, 64);
    account->passphrase =
        account->recovery != NULL
            ? fields_text(&fields, body, "", "new_passphrase", FIELD_REQUIRED, PASSPHRASE_MIN, PASSPHRASE_MAX)
            : fields_text(&fields, body, "", "passphrase", FIELD_REQUIRED, 1, PASSPHRASE_MAX);
    if (account->recovery != NULL && recovery_hash(account->recovery, account->recovery_hash) < 0)
        fields_fail(&fields, "/recovery_code", "A recovery code is five groups of five letters and digits.");
    if (!fields_finish(&fields, request))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_text(&params, account->name);
    db_add_bytes(&params, account->recovery_hash, HASH_BYTES);
    db_query(loop->db, DB_READ, 0, QUERY_IDENTITY_CREDENTIAL, &params, on_credential, account);
}
