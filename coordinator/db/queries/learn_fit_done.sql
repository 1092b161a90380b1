-- The one lease that works on the fit finishes it; the model's row stands in the same transaction.
with f as (
    update fit set state = 'done', model_id = $4::uuid, progress = '{"fraction": 1}', finished_at = now()
    where shard_key = $1::bigint and fit_id = $2::uuid and fence = $3::bigint and state = 'running'
    returning method, coalesce(attribute, ''), requested_by
), e as (
    insert into event (shard_key, event_id, kind, object_id)
    select $1::bigint, $5::uuid, 'fit.completed', $2::uuid from f
)
select * from f
