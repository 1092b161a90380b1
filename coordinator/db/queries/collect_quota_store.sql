-- The cell ($3) of participant $2 by version $4 of their answers.
update participation set quota_cell = $3::bytea, quota_version = $4::integer
where shard_key = $1::bigint and participant_id = $2::uuid and state = 'active'
returning true
