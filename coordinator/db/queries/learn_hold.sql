-- A worker comes back with a job in hand: is the lease still its own?
update job set lease_expires_at = now() + $4::bigint * interval '1 millisecond'
where job_id = $1::uuid and fence = $2::bigint and state = 'leased' and worker_id = $3::uuid and snapshot_hash is not null
returning shard_key, object_id, encode(snapshot_hash, 'hex'), about
