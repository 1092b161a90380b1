-- One statement: endpoint $2 of study $1, the log's entry, and the answer $12 under the key $10 (null: no key).
with keyed as (
    insert into idempotency (shard_key, actor, key, request_hash, status, body)
    select $1::bigint, $9::uuid, $10::uuid, $11::bytea, 201, $12::text where $10::uuid is not null
    on conflict do nothing
    returning key
), go as (
    select 1 as one from project p
    where p.shard_key = $1::bigint and p.project_id = $3::uuid
        and ($10::uuid is null or exists (select from keyed))
), e as (
    insert into endpoint (shard_key, endpoint_id, name, url, model, parameters, key_sealed, created_by)
    select $1::bigint, $2::uuid, $4::text, $5::text, $6::text, $7::jsonb, $8::text, $9::uuid from go
), l as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $13::uuid, $14::text from go
)
select exists (select from go), old.request_hash = $11::bytea, old.body,
    exists (select from project p where p.shard_key = $1::bigint and p.project_id = $3::uuid)
from (select 1) one
left join idempotency old on old.shard_key = $1::bigint and old.actor = $9::uuid and old.key = $10::uuid
