-- The fit is there: its job may be taken. Where a clock was set meanwhile, the half minute may have been over at once and
-- the job closed for want of its fit: it is opened again. (A job that has really failed goes the way of its fit: see
-- on_begun in coordinator/learn/jobs.c.)
with opened as (update job set state = 'queued', lease_expires_at = null, error = null, finished_at = null
    where job_id = $1::uuid and (state = 'leased' and fence = 0 or state = 'failed') returning 1)
select pg_notify('plenum_jobs', '') from opened
