-- Study $1 has no embedding endpoint any more, and its key is forgotten. What it has answered stays: models were fitted on it.
with e as (
    delete from embedding_endpoint where shard_key = $1::bigint returning endpoint_id
), l as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $3::uuid, $4::text from e
)
select exists (select from project where shard_key = $1::bigint and project_id = $2::uuid)
