-- A community ($1, $2) with its first steward. The same key ($7) again answers what it answered then.
with prior as (
    select request_hash, body from idempotency
    where shard_key = $1::bigint and actor = $5::uuid and key = $7::uuid
), claimed as (
    insert into idempotency (shard_key, actor, key, request_hash, status, body)
    select $1::bigint, $5::uuid, $7::uuid, $8::bytea, 201, $9::text
    where $7::uuid is not null and not exists (select from prior)
), made as (
    insert into community (shard_key, community_id, name, settings, created_by)
    select $1::bigint, $2::uuid, $3::text, $4::jsonb, $5::uuid where not exists (select from prior)
    returning shard_key
), steward as (
    insert into participation (shard_key, participant_id, person_id, roles)
    select shard_key, $6::uuid, $5::uuid, 16 from made
), logged as (
    insert into log_outbox (shard_key, entry_id, entry) select shard_key, $10::uuid, $11::text from made
)
select coalesce((select body from prior), $9::text), coalesce((select request_hash = $8::bytea from prior), true)
