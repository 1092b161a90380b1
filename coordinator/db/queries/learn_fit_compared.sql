-- The one lease that works on the comparison finishes it. No row: it is late or cancelled, or no comparison.
with f as (
    update fit set state = 'done', result = $4::jsonb, progress = '{"fraction": 1}', finished_at = now()
    where shard_key = $1::bigint and fit_id = $2::uuid and fence = $3::bigint and method = 'compare'
        and (state = 'running' or (state = 'done' and result = $4::jsonb))
    returning fit_id
), e as (
    insert into event (shard_key, event_id, kind, object_id)
    select $1::bigint, $5::uuid, 'fit.completed', fit_id from f
)
select 1 from f
