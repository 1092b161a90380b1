-- Back into the queue. $3: 1 when the attempt should not count. $4: what went wrong, if anything.
with released as (
    update job set state = 'queued', lease_expires_at = null, attempts = greatest(attempts - $3::integer, 0),
        error = coalesce($4::text, error)
    where job_id = $1::uuid and fence = $2::bigint and state = 'leased' returning 1)
select pg_notify('plenum_jobs', '') from released
