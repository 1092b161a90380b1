-- Kind and sealed answers of persons $1, as of versions $2 (local tables: never joined with a shard's).
select p.person_id, p.kind = 'simulated', answers_at(p.person_id, u.version)
from unnest($1::uuid[], $2::integer[]) u (person_id, version)
join person p on p.person_id = u.person_id and p.erased_at is null
