update job set state = $3::text, error = $4::text, finished_at = now(), lease_expires_at = null
where job_id = $1::uuid and fence = $2::bigint and state in ('queued', 'leased')
