-- What a coordinator left behind half done is done again, from the beginning. $1 null: all of them.
update export set state = 'queued'
where state = 'running' and ($1::bigint is null or (shard_key = $1::bigint and export_id = $2::uuid))
returning export_id
