-- Webhook $2 of $1 goes, with its secret and its deliveries.
with w as (
    delete from webhook where shard_key = $1::bigint and webhook_id = $2::uuid returning webhook_id
), l as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $3::uuid, $4::text from w
)
select exists (select from w)
