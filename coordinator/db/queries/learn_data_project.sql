-- Of ratings one dimension is learnt from: the study's first that is about responses, if anyone rated it, else the first by
-- name that was rated.
select p.simulated,
    (select d.name from (
        (select 0 as place, q.dimension->>'id' as name
        from jsonb_array_elements(p.task->'dimensions') with ordinality q (dimension, place)
        where q.dimension->>'about' is distinct from 'item' order by q.place limit 1)
        union all
        select 1, key from (select j.answer->'ratings' as ratings from judgment j
            where j.shard_key = $1::bigint and j.outcome = 'rating' limit 1) one, jsonb_object_keys(one.ratings) key) d
    where d.name is not null and exists (select from judgment j
        where j.shard_key = $1::bigint and j.outcome = 'rating' and j.answer->'ratings' ? d.name)
    order by d.place, d.name limit 1),
    coalesce(p.settings->'demographics'->'attributes', '[]'::jsonb),
    coalesce(p.task->>'goal' = 'worse', false),
    p.task->>'edit'
from project p where p.shard_key = $1::bigint
