select encode(artefact_hash, 'hex') from model where shard_key = $1::bigint and model_id = $2::uuid
