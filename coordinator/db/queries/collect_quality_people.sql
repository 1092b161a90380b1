-- Those who judged, with how much, their latest answers (sealed), and whether they came with an import.
select m.person_id, j.n,
    (select d.sealed from demographic_answer d where d.person_id = m.person_id order by d.version desc limit 1),
    m.source_id is not null
from (
    select participant_id, count(*) as n
    from (select distinct on (lease_id) participant_id, outcome from judgment
        where shard_key = $1::bigint order by lease_id, revision desc) latest
    where outcome not in ('void', 'skip') group by participant_id
) j
join participation m on m.shard_key = $1::bigint and m.participant_id = j.participant_id
