-- The embedding endpoint of study $1 is asked again, at once. False: there is none.
with e as (
    update embedding_endpoint set state = case when state = 'stopped' then 'filling' else state end, next_at = now(), n_failures = 0
    where shard_key = $1::bigint
    returning endpoint_id
)
select exists (select from e)
