-- The cell ($3) of participant $2 by version $4 of their answers and setup $5 of the study. Null when another version counts already.
update participation set quota_cell = case when w.is_first then $3::bytea else quota_cell end,
    quota_version = case when w.is_first then $4::integer else quota_version end,
    quota_setup = case when w.is_first then $5::integer else quota_setup end
from (
    select participant_id, quota_version is null or quota_version = $4::integer or quota_setup is distinct from $5::integer as is_first
    from participation where shard_key = $1::bigint and participant_id = $2::uuid and state = 'active' for no key update
) w
where shard_key = $1::bigint and participation.participant_id = w.participant_id
returning case when w.is_first then true end
