-- The oldest job that waits, or whose lease ran out, for worker $1 and $2 milliseconds. A lease that ends later than any
-- does was given before the clock was set back; if its holder lives, the fence and the next heartbeat put it right.
with next as (
    select job_id, state, attempts from job
    where (state = 'queued' or (state = 'leased'
        and (lease_expires_at < now() or lease_expires_at > now() + interval '2 minutes'))) and attempts < max_attempts
    order by created_at limit 1 for update skip locked)
update job j set state = 'leased', fence = j.fence + 1, worker_id = $1::uuid, attempts = j.attempts + 1,
    lease_expires_at = now() + $2::bigint * interval '1 millisecond', snapshot_hash = null
from next where j.job_id = next.job_id
returning j.job_id, j.shard_key, j.object_id, j.fence, next.state = 'leased' and next.attempts > 0
