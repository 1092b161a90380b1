-- A finished fit stays what it is; the answer is its state either way.
with cancelled as (
    update fit set state = 'cancelled', finished_at = now()
    where shard_key = $1::bigint and fit_id = $2::uuid and state in ('queued', 'running') returning 1)
select case when exists (select from cancelled) then 'cancelled' else f.state end,
    (select pg_notify('plenum_jobs', '') from cancelled) is null
from fit f where f.shard_key = $1::bigint and f.fit_id = $2::uuid
