-- Those who judged, with how much, the answers (sealed) by which it counts, whether they came with an import, and under which pseudonym.
with
-- include last_answers
select m.person_id, t.n, answers_at(m.person_id, l.version), m.source_id is not null, m.participant_id
from tally_person t
join participation m on m.shard_key = $1::bigint and m.participant_id = t.participant_id
left join last l on l.participant_id = m.participant_id
where t.shard_key = $1::bigint and t.n > 0
