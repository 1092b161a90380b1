insert into model (shard_key, model_id, fit_id, method, artefact_hash, size, snapshot_hash, card)
values ($1::bigint, $2::uuid, $3::uuid, $4::text, $5::bytea, $6::bigint, $7::bytea, $8::jsonb)
