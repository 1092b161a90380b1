-- Those who judged, with how much and their latest answers (sealed).
select m.person_id, j.n,
    (select d.sealed from demographic_answer d where d.person_id = m.person_id order by d.version desc limit 1)
from (
    select participant_id, count(distinct lease_id) as n from judgment
    where shard_key = $1::bigint and outcome not in ('void', 'skip') group by participant_id
) j
join participation m on m.shard_key = $1::bigint and m.participant_id = j.participant_id
