update job set lease_expires_at = now() + $3::bigint * interval '1 millisecond'
where job_id = $1::uuid and fence = $2::bigint and state = 'leased' returning 1
