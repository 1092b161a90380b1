insert into log_outbox (shard_key, entry_id, entry) values ($1::bigint, $2::uuid, $3::text)
