-- Of those who changed their answers about themselves: the version that held when they judged last in study $1, which all that they judged there counts by.
several as materialized (
    select m.participant_id from participation m
    where m.shard_key = $1::bigint and (select count(*) from demographic_answer d where d.person_id = m.person_id) > 1
), last as materialized (
    select j.participant_id, max(j.demographics_version) as version from judgment j
    where (select count(*) > 0 from several) and j.shard_key = $1::bigint and j.participant_id = any (array(select participant_id from several))
    group by j.participant_id
)
