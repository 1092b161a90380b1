select shard_key, export_id from export where state = 'queued' order by created_at, export_id limit 1
