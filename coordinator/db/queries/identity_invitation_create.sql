-- Invitation $2, and its answer $10 (sealed: it holds the code) under the key $8 of person $7 (null: no key). No row is made
-- when the key is known.
with target as (
    select 1 as one
    where exists (select from project where shard_key = $1::bigint and $4::text = 'annotator')
        or exists (select from community where shard_key = $1::bigint and $4::text = 'member')
), keyed as (
    insert into idempotency (shard_key, actor, key, request_hash, status, body)
    select $1::bigint, $7::uuid, $8::uuid, $9::bytea, 201, $10::text from target where $8::uuid is not null
    on conflict do nothing
    returning key
), go as (
    select 1 as one from target where $8::uuid is null or exists (select from keyed)
), made as (
    insert into invitation (shard_key, invitation_id, code_hash, kind, max_uses, expires_at, created_by)
    select $1::bigint, $2::uuid, $3::bytea, $4::text, $5::integer, to_timestamp($6::bigint / 1000000.0), $7::uuid
    from go
)
select exists (select from go), old.request_hash = $9::bytea, old.body
from target
left join idempotency old on old.shard_key = $1::bigint and old.actor = $7::uuid and old.key = $8::uuid
