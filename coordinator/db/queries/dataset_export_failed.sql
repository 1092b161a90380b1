update export set state = 'failed', error = $3::text, finished_at = now()
where shard_key = $1::bigint and export_id = $2::uuid and state = 'running'
returning export_id
