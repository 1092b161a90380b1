select bytes from model_bytes where shard_key = $1::bigint and model_id = $2::uuid order by chunk
