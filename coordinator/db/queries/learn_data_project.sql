-- Of ratings one dimension is learnt from: the study's first, if anyone rated it, else the first by name that was rated.
select p.simulated,
    (select d.name from (
        select 0 as place, p.task->'dimensions'->0->>'id' as name
        union all
        select 1, key from (select j.answer->'ratings' as ratings from judgment j
            where j.shard_key = $1::bigint and j.outcome = 'rating' limit 1) one, jsonb_object_keys(one.ratings) key) d
    where d.name is not null and exists (select from judgment j
        where j.shard_key = $1::bigint and j.outcome = 'rating' and j.answer->'ratings' ? d.name)
    order by d.place, d.name limit 1),
    coalesce(p.settings->'demographics'->'attributes', '[]'::jsonb)
from project p where p.shard_key = $1::bigint
