-- Jobs that used up their attempts: their fits fail.
select job_id, shard_key, object_id, fence, max_attempts, coalesce(error, 'no worker finished it') from job
where (state = 'queued' or (state = 'leased'
        and (lease_expires_at < now() or lease_expires_at > now() + interval '2 minutes'))) and attempts >= max_attempts
order by created_at limit 10
