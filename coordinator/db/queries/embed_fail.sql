-- Endpoint $2 of study $1 did not answer well ($4): it is asked again in $5 milliseconds, or (null) not before somebody says so.
update embedding_endpoint set n_failures = n_failures + 1, error = $4::jsonb, failed_at = now(),
    state = case when $5::bigint is null then 'stopped' else state end,
    next_at = now() + coalesce($5::bigint, 0) * interval '1 millisecond', lease = null, lease_until = null
where shard_key = $1::bigint and endpoint_id = $2::uuid and lease = $3::uuid
