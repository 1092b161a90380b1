select encode(request_hash, 'hex'), status, body from idempotency
where shard_key = $1::bigint and actor = $2::uuid and key = $3::uuid
