-- Kind and sealed answers of persons $1 (local tables: never joined with a shard's).
select p.person_id, p.kind = 'simulated',
    (select a.sealed from demographic_answer a where a.person_id = p.person_id order by a.version desc limit 1)
from person p where p.person_id = any ($1::uuid[]) and p.erased_at is null
