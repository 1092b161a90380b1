#include "proto/check.h"

#include "proto/columns.h"
#include "proto/wire.h"

#include <math.h>
#include <string.h>

enum { PEM_MAX_BYTES = 16 * 1024, VALUE_MAX_BYTES = 256, TOKEN_MAX_BYTES = 256, DIMENSIONS_MAX = 8192 };

// The length of the UTF-8 sequence at `at`, or 0 when it is none (RFC 3629: shortest form, no surrogates).
static size_t sequence_length(const unsigned char *at)
{
    if (at[0] < 0x80)
        return 1;
    size_t length = at[0] >= 0xc2 && at[0] <= 0xdf   ? 2
                    : (at[0] & 0xf0) == 0xe0         ? 3
                    : at[0] >= 0xf0 && at[0] <= 0xf4 ? 4
                                                     : 0;
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0; // the NUL at the end stops here too
    }
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
        (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
        return 0;
    return length;
}

static int check_text(const char *text, size_t max_bytes, const char *field, struct err *err)
{
    size_t length = strnlen(text, max_bytes + 1);
    if (length > max_bytes)
        return err_set(err, ERR_LIMIT, "%s has more than %zu bytes", field, max_bytes);
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
        size_t step = sequence_length(at);
        if (step == 0)
            return err_set(err, ERR_INVALID, "%s is not UTF-8", field);
        at += step;
    }
    return 0;
}

static int check_size(ProtobufCBinaryData bytes, size_t size, const char *field, struct err *err)
{
    if (bytes.len != size)
        return err_set(err, ERR_INVALID, "%s has %zu bytes and not %zu", field, bytes.len, size);
    return 0;
}

static int check_versions(uint32_t version_min, uint32_t version_max, struct err *err)
{
    if (version_min == 0 || version_max < version_min)
        return err_set(err, ERR_INVALID, "the versions %u to %u are no range", version_min, version_max);
    return 0;
}

static int check_lease(ProtobufCBinaryData job_id, uint64_t fence, struct err *err)
{
    if (fence == 0 || fence > INT64_MAX)
        return err_set(err, ERR_INVALID, "fence is out of range");
    return check_size(job_id, UUID_BYTES, "job_id", err);
}

int check_hello(const void *message, struct err *err)
{
    const Plenum__Hello *hello = message;
    int rc = check_versions(hello->version_min, hello->version_max, err);
    if (rc == 0)
        rc = check_text(hello->program, WIRE_NAME_MAX_BYTES, "program", err);
    if (rc == 0)
        rc = check_text(hello->name, WIRE_NAME_MAX_BYTES, "name", err);
    if (rc == 0 && hello->held_job_id.len != 0)
        rc = check_lease(hello->held_job_id, hello->held_fence, err);
    return rc;
}

int check_welcome(const void *message, struct err *err)
{
    const Plenum__Welcome *welcome = message;
    int rc = check_versions(welcome->version, welcome->version, err);
    if (rc == 0 && (welcome->heartbeat_ms < 50 || welcome->heartbeat_ms > 600000 ||
                       welcome->idle_ms < welcome->heartbeat_ms || welcome->idle_ms > 3600000))
        rc = err_set(err, ERR_INVALID, "heartbeat_ms and idle_ms are out of range");
    return rc;
}

int check_enrol(const void *message, struct err *err)
{
    const Plenum__Enrol *enrol = message;
    int rc = check_versions(enrol->version_min, enrol->version_max, err);
    if (rc == 0)
        rc = check_text(enrol->token, TOKEN_MAX_BYTES, "token", err);
    if (rc == 0)
        rc = check_text(enrol->name, WIRE_NAME_MAX_BYTES, "name", err);
    if (rc == 0 && enrol->name[0] == '\0')
        rc = err_set(err, ERR_INVALID, "name is empty");
    if (rc == 0)
        rc = check_text(enrol->request_pem, PEM_MAX_BYTES, "request_pem", err);
    return rc;
}

int check_enrolled(const void *message, struct err *err)
{
    const Plenum__Enrolled *enrolled = message;
    int rc = check_text(enrolled->worker_id, UUID_TEXT_BYTES - 1, "worker_id", err);
    if (rc == 0)
        rc = check_text(enrolled->certificate_pem, PEM_MAX_BYTES, "certificate_pem", err);
    if (rc == 0)
        rc = check_text(enrolled->authority_pem, PEM_MAX_BYTES, "authority_pem", err);
    return rc;
}

int check_refused(const void *message, struct err *err)
{
    const Plenum__Refused *refused = message;
    return check_text(refused->detail, WIRE_DETAIL_MAX_BYTES, "detail", err);
}

int check_offer(const void *message, struct err *err)
{
    const Plenum__Offer *offer = message;
    int rc = check_lease(offer->job_id, offer->fence, err);
    if (rc == 0)
        rc = check_text(offer->kind, WIRE_NAME_MAX_BYTES, "kind", err);
    if (rc == 0)
        rc = check_text(offer->method, WIRE_NAME_MAX_BYTES, "method", err);
    if (rc == 0)
        rc = check_text(offer->attribute, VALUE_MAX_BYTES, "attribute", err);
    if (rc == 0)
        rc = check_text(offer->options, WIRE_OPTIONS_MAX_BYTES, "options", err);
    if (rc == 0 && (offer->ranks > WIRE_RANKS_MAX || (offer->rank > 0 && offer->rank >= offer->ranks)))
        rc = err_set(err, ERR_INVALID, "rank %u of %u", offer->rank, offer->ranks);
    return rc;
}

int check_heartbeat(const void *message, struct err *err)
{
    const Plenum__Heartbeat *heartbeat = message;
    int rc = check_text(heartbeat->phase, WIRE_NAME_MAX_BYTES, "phase", err);
    if (rc == 0 && heartbeat->job_id.len != 0)
        rc = check_lease(heartbeat->job_id, heartbeat->fence, err);
    if (rc == 0 && !(heartbeat->fraction >= 0 && heartbeat->fraction <= 1))
        rc = err_set(err, ERR_INVALID, "fraction is not within 0 and 1");
    if (rc == 0 &&
        !(isfinite(heartbeat->loss) && heartbeat->loss >= 0 && heartbeat->left_s <= WIRE_LEFT_MAX_S))
        rc = err_set(err, ERR_INVALID, "loss or left_s is out of range");
    return rc;
}

int check_cancel(const void *message, struct err *err)
{
    const Plenum__Cancel *cancel = message;
    return check_text(cancel->reason, WIRE_DETAIL_MAX_BYTES, "reason", err);
}

int check_release(const void *message, struct err *err)
{
    const Plenum__Release *release = message;
    return check_lease(release->job_id, release->fence, err);
}

int check_failed(const void *message, struct err *err)
{
    const Plenum__Failed *failed = message;
    int rc = check_lease(failed->job_id, failed->fence, err);
    if (rc == 0)
        rc = check_text(failed->detail, WIRE_DETAIL_MAX_BYTES, "detail", err);
    return rc;
}

int check_accepted(const void *message, struct err *err)
{
    const Plenum__Accepted *accepted = message;
    return check_text(accepted->detail, WIRE_DETAIL_MAX_BYTES, "detail", err);
}

static int check_attribute(const Plenum__DatasetAttribute *attribute, struct err *err)
{
    if (attribute->n_values > WIRE_VALUES_MAX)
        return err_set(err, ERR_LIMIT, "an attribute has more than %d values", WIRE_VALUES_MAX);
    int rc = check_text(attribute->name, VALUE_MAX_BYTES, "attributes.name", err);
    for (size_t i = 0; rc == 0 && i < attribute->n_values; i++)
        rc = check_text(attribute->values[i], VALUE_MAX_BYTES, "attributes.values", err);
    return rc;
}

static int check_names(
    char *const *names, size_t n, size_t n_max, size_t max_bytes, const char *what, struct err *err)
{
    if (n > n_max)
        return err_set(err, ERR_LIMIT, "more than %zu %s", n_max, what);
    for (size_t i = 0; i < n; i++) {
        int rc = check_text(names[i], max_bytes, what, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int check_dataset_header(const void *message, struct err *err)
{
    const Plenum__DatasetHeader *header = message;
    if (header->n_attributes > WIRE_ATTRIBUTES_MAX)
        return err_set(err, ERR_LIMIT, "more than %d attributes", WIRE_ATTRIBUTES_MAX);
    if (header->n_dimensions > DIMENSIONS_MAX)
        return err_set(err, ERR_LIMIT, "embeddings of more than %d dimensions", DIMENSIONS_MAX);
    if (header->n_artefacts > WIRE_ARTEFACTS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d artefacts", WIRE_ARTEFACTS_MAX);
    for (size_t i = 0; i < header->n_artefacts; i++) {
        if (header->artefacts[i] == 0 || header->artefacts[i] > WIRE_ARTEFACT_MAX_BYTES)
            return err_set(err, ERR_LIMIT, "an artefact of so many bytes");
    }
    for (size_t i = 0; i < header->n_attributes; i++) {
        int rc = check_attribute(header->attributes[i], err);
        if (rc < 0)
            return rc;
    }
    int rc =
        check_names(header->models, header->n_models, WIRE_MODELS_MAX, WIRE_MODEL_MAX_BYTES, "models", err);
    if (rc == 0)
        rc = check_names(header->objectives, header->n_objectives, WIRE_OBJECTIVES_MAX,
            WIRE_OBJECTIVE_MAX_BYTES, "objectives", err);
    if (rc == 0)
        rc = check_names(header->languages, header->n_languages, WIRE_LANGUAGES_MAX, WIRE_LANGUAGE_MAX_BYTES,
            "languages", err);
    return rc;
}

int check_dataset_chunk(const void *message, struct err *err)
{
    const Plenum__DatasetChunk *chunk = message;
    if (chunk->column == COLUMN_NONE || chunk->column >= N_COLUMNS)
        return err_set(err, ERR_INVALID, "column %u is not known", chunk->column);
    if (chunk->data.len == 0 || chunk->data.len > WIRE_CHUNK_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "a chunk of %zu bytes", chunk->data.len);
    if (chunk->data.len % column_width((enum column)chunk->column) != 0)
        return err_set(err, ERR_INVALID, "a chunk ends within a value");
    return 0;
}

int check_dataset_end(const void *message, struct err *err)
{
    const Plenum__DatasetEnd *end = message;
    if (end->n_columns != N_COLUMNS - 1)
        return err_set(err, ERR_INVALID, "%zu columns and not %d", end->n_columns, N_COLUMNS - 1);
    for (size_t i = 0; i < end->n_columns; i++) {
        if (end->columns[i]->column != i + 1)
            return err_set(err, ERR_INVALID, "the columns are not in order");
        int rc = check_size(end->columns[i]->sha256, HASH_BYTES, "sha256", err);
        if (rc < 0)
            return rc;
    }
    return check_size(end->snapshot, HASH_BYTES, "snapshot", err);
}

int check_credit(const void *message, struct err *err)
{
    const Plenum__Credit *credit = message;
    if (credit->chunks == 0 || credit->chunks > WIRE_CREDITS_MAX)
        return err_set(err, ERR_LIMIT, "a credit of %u chunks", credit->chunks);
    return 0;
}

int check_share(const void *message, struct err *err)
{
    const Plenum__Share *share = message;
    if (share->rank >= WIRE_RANKS_MAX || share->data.len > WIRE_CHUNK_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "a share of %zu bytes by rank %u", share->data.len, share->rank);
    return 0;
}

int check_artefact_chunk(const void *message, struct err *err)
{
    const Plenum__ArtefactChunk *chunk = message;
    if (chunk->data.len == 0 || chunk->data.len > WIRE_CHUNK_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "a chunk of %zu bytes", chunk->data.len);
    return 0;
}

int check_result(const void *message, struct err *err)
{
    const Plenum__Result *result = message;
    int rc = check_lease(result->job_id, result->fence, err);
    if (rc == 0)
        rc = check_size(result->sha256, HASH_BYTES, "sha256", err);
    if (rc == 0)
        rc = check_size(result->snapshot, HASH_BYTES, "snapshot", err);
    if (rc == 0 && result->size > WIRE_ARTEFACT_MAX_BYTES) // 0: of a comparison, which makes no model
        rc = err_set(err, ERR_LIMIT, "an artefact of %llu bytes", (unsigned long long)result->size);
    if (rc == 0)
        rc = check_text(result->card, WIRE_CARD_MAX_BYTES, "card", err);
    return rc;
}
