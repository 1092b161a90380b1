-- The lease $3 on endpoint $2 of study $1 holds for $4 milliseconds more. No row: it is another's, or the endpoint is.
update embedding_endpoint set lease_until = now() + $4::bigint * interval '1 millisecond'
where shard_key = $1::bigint and endpoint_id = $2::uuid and lease = $3::uuid
returning 1
