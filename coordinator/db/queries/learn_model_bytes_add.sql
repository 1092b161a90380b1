insert into model_bytes (shard_key, model_id, chunk, bytes) values ($1::bigint, $2::uuid, $3::integer, $4::bytea)
