with opened as (update job set state = 'queued', lease_expires_at = null
    where job_id = $1::uuid and state = 'leased' and fence = 0 returning 1)
select pg_notify('plenum_jobs', '') from opened
