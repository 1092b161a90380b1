-- Webhook $2 of $1 gets the secret $3; the one before signs too for a day. The answer $7 is kept under the key $5.
with keyed as (
    insert into idempotency (shard_key, actor, key, request_hash, status, body)
    select $1::bigint, $4::uuid, $5::uuid, $6::bytea, 201, $7::text where $5::uuid is not null
    on conflict do nothing
    returning key
), w as (
    update webhook set old_secret_sealed = secret_sealed, old_until = now() + interval '24 hours', secret_sealed = $3::text
    where shard_key = $1::bigint and webhook_id = $2::uuid and ($5::uuid is null or exists (select from keyed))
    returning webhook_id
), l as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $8::uuid, $9::text from w
)
select exists (select from w), old.request_hash = $6::bytea, old.body,
    exists (select from webhook where shard_key = $1::bigint and webhook_id = $2::uuid)
from (select 1) one
left join idempotency old on old.shard_key = $1::bigint and old.actor = $4::uuid and old.key = $5::uuid
