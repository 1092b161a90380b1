-- Who judged in study $1, whom it has not excluded, and by which version of their answers all of it counts (null: the first).
with
-- include last_answers
select m.participant_id, m.person_id, m.source_id is not null, l.version
from participation m
left join last l on l.participant_id = m.participant_id
where m.shard_key = $1::bigint and m.state <> 'excluded'
    and exists (select from judgment j where j.shard_key = $1::bigint and j.participant_id = m.participant_id)
order by m.participant_id
