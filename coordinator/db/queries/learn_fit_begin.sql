-- Lease $3 takes the fit. No row: it is over, or not there.
update fit set state = 'running', fence = $3::bigint, progress = '{}', seen = null
where shard_key = $1::bigint and fit_id = $2::uuid and state in ('queued', 'running') and fence < $3::bigint
returning method, coalesce(attribute, ''), options, predecessor_id
