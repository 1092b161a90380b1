update job set snapshot_hash = $3::bytea, about = $4::jsonb
where job_id = $1::uuid and fence = $2::bigint and state = 'leased' returning 1
