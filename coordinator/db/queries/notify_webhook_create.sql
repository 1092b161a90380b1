-- One statement: webhook $2 for study $12 (null: the installation) in shard $1, what is there already as told, the log's entry, and the answer $9
-- under the key $7 (null: no key). Twenty at the most.
with keyed as (
    insert into idempotency (shard_key, actor, key, request_hash, status, body)
    select $1::bigint, $6::uuid, $7::uuid, $8::bytea, 201, $9::text where $7::uuid is not null
    on conflict do nothing
    returning key
), go as (
    select 1 as one
    where ($7::uuid is null or exists (select from keyed))
        and ($12::uuid is null or exists (
            select from project p where p.shard_key = $1::bigint and p.project_id = $12::uuid))
        and (select count(*) from webhook where shard_key = $1::bigint) < 20
), w as (
    insert into webhook (webhook_id, shard_key, url, kinds, secret_sealed, created_by)
    select $2::uuid, $1::bigint, $3::text, $4::text[], $5::text, $6::uuid from go
), t as (
    insert into project_told (shard_key, n_judgments, is_complete)
    select c.shard_key, sum(c.n_counted), sum(c.n_wanted) > 0 and sum(c.n_counted) >= sum(c.n_wanted)
    from project_counter c, go where $1::bigint in (0, c.shard_key) group by c.shard_key
    on conflict do nothing
), l as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $10::uuid, $11::text from go
)
select exists (select from go), old.request_hash = $8::bytea, old.body,
    $12::uuid is null or exists (select from project p where p.shard_key = $1::bigint and p.project_id = $12::uuid),
    (select count(*) from webhook where shard_key = $1::bigint) < 20
from (select 1) one
left join idempotency old on old.shard_key = $1::bigint and old.actor = $6::uuid and old.key = $7::uuid
