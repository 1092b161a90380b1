-- The fit $2, once for an idempotency key ($8, null: none): no row when the key was used before. $11: the model it begins from.
with key as (
    insert into idempotency (shard_key, actor, key, request_hash, status, body)
    select $1::bigint, $7::uuid, $8::uuid, $9::bytea, 202, $10::text where $8::uuid is not null
    on conflict do nothing returning 1)
insert into fit (shard_key, fit_id, method, attribute, options, requested_by, predecessor_id, n_counted)
select $1::bigint, $2::uuid, $3::text, $4::text, $5::jsonb, $6::uuid, $11::uuid,
    (select coalesce(sum(n_counted + n_imported), 0) from project_counter c where c.shard_key = $1::bigint)
where $8::uuid is null or exists (select from key)
returning 1
