with f as (
    update fit set state = 'failed', error = $4::text, finished_at = now()
    where shard_key = $1::bigint and fit_id = $2::uuid and fence <= $3::bigint and state in ('queued', 'running')
    returning fit_id
)
insert into event (shard_key, event_id, kind, object_id) select $1::bigint, $5::uuid, 'fit.failed', fit_id from f
