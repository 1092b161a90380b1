-- The cell ($3) of participant $2 by version $4 of their answers and setup $5 of the study.
update participation set quota_cell = $3::bytea, quota_version = $4::integer, quota_setup = $5::integer
where shard_key = $1::bigint and participant_id = $2::uuid and state = 'active'
returning true
