-- Queues export $2 of project $1, and keeps the answer $8 under the key $6 (null: no key), so that a retry finds it. No
-- row is made when the key is known.
with keyed as (
    insert into idempotency (shard_key, actor, key, request_hash, status, body)
    select $1::bigint, $5::uuid, $6::uuid, $7::bytea, 202, $8::text where $6::uuid is not null
        and exists (select from project where shard_key = $1::bigint and project_id = $3::uuid)
    on conflict do nothing
    returning key
), go as (
    select 1 as one where $6::uuid is null or exists (select from keyed)
), made as (
    insert into export (shard_key, export_id, request, requested_by)
    select $1::bigint, $2::uuid, $4::jsonb, $5::uuid from go
    where exists (select from project where shard_key = $1::bigint and project_id = $3::uuid)
    returning export_id
)
select exists (select from go), old.request_hash = $7::bytea, old.body,
    exists (select from project where shard_key = $1::bigint and project_id = $3::uuid)
from (select 1) one
left join idempotency old on old.shard_key = $1::bigint and old.actor = $5::uuid and old.key = $6::uuid
