-- The cell of participant $2 as it is known, and of which version of their answers, in which setup of the study, it was read.
select quota_version, quota_cell, quota_setup from participation
where shard_key = $1::bigint and participant_id = $2::uuid and state = 'active'
