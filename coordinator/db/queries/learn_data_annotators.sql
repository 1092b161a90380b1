select m.participant_id, m.person_id, m.source_id is not null
from participation m
where m.shard_key = $1::bigint and m.state <> 'excluded'
    and exists (select from judgment j where j.shard_key = $1::bigint and j.participant_id = m.participant_id)
order by m.participant_id
