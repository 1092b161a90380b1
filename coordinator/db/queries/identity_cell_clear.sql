update participation set quota_cell = null
where shard_key = $1::bigint and person_id = $2::uuid and quota_cell is not null
