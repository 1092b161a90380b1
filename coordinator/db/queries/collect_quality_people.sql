-- Those who judged, with how much, their latest answers (sealed), whether they came with an import, and under which pseudonym.
select m.person_id, t.n,
    (select d.sealed from demographic_answer d where d.person_id = m.person_id order by d.version desc limit 1),
    m.source_id is not null, m.participant_id
from tally_person t
join participation m on m.shard_key = $1::bigint and m.participant_id = t.participant_id
where t.shard_key = $1::bigint and t.n > 0
