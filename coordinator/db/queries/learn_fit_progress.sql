-- No row: the fit was cancelled, or belongs to another lease.
update fit set progress = $4::jsonb
where shard_key = $1::bigint and fit_id = $2::uuid and fence = $3::bigint and state = 'running' returning 1
