update export set state = 'running' where shard_key = $1::bigint and export_id = $2::uuid and state = 'queued'
returning request, (extract(epoch from created_at) * 1000000)::bigint
