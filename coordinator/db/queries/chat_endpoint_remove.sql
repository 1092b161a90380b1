-- Endpoint $2 of study $1 answers no more, and its key is forgotten; what it answered still names it.
with e as (
    update endpoint set removed_at = now(), key_sealed = null
    where shard_key = $1::bigint and endpoint_id = $2::uuid and removed_at is null
    returning endpoint_id
), l as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $3::uuid, $4::text from e
)
select exists (select from e) or exists (select from endpoint where shard_key = $1::bigint and endpoint_id = $2::uuid)
