update fit set state = 'failed', error = $4::text, finished_at = now()
where shard_key = $1::bigint and fit_id = $2::uuid and fence <= $3::bigint and state in ('queued', 'running') returning 1
