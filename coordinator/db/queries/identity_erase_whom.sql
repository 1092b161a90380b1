-- A person ($1 zero) by id $2, or whoever is participant $2 of shard $1; not who is erased already.
select w.person_id, exists (select from participation m
    where m.shard_key = 0 and m.person_id = w.person_id and m.roles & 1 = 1 and m.state = 'active')
from (
    select person_id from person where $1::bigint = 0 and person_id = $2::uuid
    union all
    select person_id from participation where $1::bigint <> 0 and shard_key = $1::bigint and participant_id = $2::uuid
) w
where exists (select from person p where p.person_id = w.person_id and p.erased_at is null)
