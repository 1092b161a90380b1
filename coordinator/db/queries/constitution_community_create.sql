-- A community ($1, $2) with its first steward, and its answer $9 under the key $7 (null: no key), so that a retry finds it.
-- No row is made when the key is known.
with keyed as (
    insert into idempotency (shard_key, actor, key, request_hash, status, body)
    select $1::bigint, $5::uuid, $7::uuid, $8::bytea, 201, $9::text where $7::uuid is not null
    on conflict do nothing
    returning key
), go as (
    select 1 as one where $7::uuid is null or exists (select from keyed)
), made as (
    insert into community (shard_key, community_id, name, settings, created_by)
    select $1::bigint, $2::uuid, $3::text, $4::jsonb, $5::uuid from go
    returning shard_key
), steward as (
    insert into participation (shard_key, participant_id, person_id, roles)
    select shard_key, $6::uuid, $5::uuid, 16 from made
), logged as (
    insert into log_outbox (shard_key, entry_id, entry) select shard_key, $10::uuid, $11::text from made
)
select exists (select from go), old.request_hash = $8::bytea, coalesce(old.body, $9::text)
from (select 1) one
left join idempotency old on old.shard_key = $1::bigint and old.actor = $5::uuid and old.key = $7::uuid
