select false, request_hash = $4::bytea, body from idempotency
where shard_key = $1::bigint and actor = $2::uuid and key = $3::uuid
