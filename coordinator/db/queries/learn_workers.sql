select w.worker_id, w.name, (extract(epoch from w.enrolled_at) * 1000000)::bigint,
    (extract(epoch from w.last_seen_at) * 1000000)::bigint, (extract(epoch from w.revoked_at) * 1000000)::bigint,
    exists (select from job j where j.worker_id = w.worker_id and j.state = 'leased' and j.lease_expires_at > now())
from worker w
where $1::uuid = '00000000-0000-0000-0000-000000000000' or w.worker_id < $1::uuid
order by w.worker_id desc limit $2::bigint
