-- One statement: the embedding endpoint of study $1 (project $3) is this one, under the new id $2, with the log's entry. Sent again it changes nothing.
with p as (
    select 1 as one from project where shard_key = $1::bigint and project_id = $3::uuid
), e as (
    insert into embedding_endpoint as old (shard_key, endpoint_id, url, model, dimensions, space, key_sealed, created_by, n_dimensions)
    select $1::bigint, $2::uuid, $4::text, $5::text, $6::integer, $7::bytea, $8::text, $9::uuid,
        (select octet_length(v.embedding) / 4 from embedding v where v.shard_key = $1::bigint and v.space = $7::bytea limit 1)
    from p
    on conflict (shard_key) do update set endpoint_id = excluded.endpoint_id, url = excluded.url, model = excluded.model,
        dimensions = excluded.dimensions, space = excluded.space, key_sealed = excluded.key_sealed, created_by = excluded.created_by,
        created_at = now(), n_dimensions = excluded.n_dimensions, state = 'filling', n_items = 0, after_item = excluded.after_item,
        after_n = 0, pass_embedded = 0, pass_sealed = 0, n_embedded = 0, n_sealed = 0, looked_at = now(), n_failures = 0, error = null,
        failed_at = null, next_at = now(), lease = null, lease_until = null
    where old.endpoint_id <> excluded.endpoint_id
    returning endpoint_id
), l as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $10::uuid, $11::text from e
)
select exists (select from p)
