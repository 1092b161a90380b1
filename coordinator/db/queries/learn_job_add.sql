-- A job is made before its fit, in nobody's lease for half a minute: whoever finds it later than that and without a fit
-- knows that the request did not get through. (Two tables, two shards: never one transaction.)
insert into job (job_id, kind, shard_key, object_id, state, lease_expires_at)
values ($1::uuid, 'fit', $2::bigint, $3::uuid, 'leased', now() + interval '30 seconds')
