-- The panel of $1, $2 gets the secret $3; the one before is good for a day more. The answer $7 is kept under the key $5.
with had as (
    select n.shard_key from panel n join project p on p.shard_key = n.shard_key
    where n.shard_key = $1::bigint and p.project_id = $2::uuid
), keyed as (
    insert into idempotency (shard_key, actor, key, request_hash, status, body)
    select $1::bigint, $4::uuid, $5::uuid, $6::bytea, 201, $7::text from had where $5::uuid is not null
    on conflict do nothing
    returning key
), n as (
    update panel n set old_secret_sealed = n.secret_sealed, secret_sealed = $3::text,
        old_until = case when n.secret_sealed is not null then now() + interval '24 hours' end
    from had where n.shard_key = had.shard_key and ($5::uuid is null or exists (select from keyed))
    returning n.shard_key
), l as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $8::uuid, $9::text from n
)
select exists (select from n), old.request_hash = $6::bytea, old.body, exists (select from had)
from (select 1) one
left join idempotency old on old.shard_key = $1::bigint and old.actor = $4::uuid and old.key = $5::uuid
