-- Names of what responses were rated in, dimensions and articles ("article:..."), at most $2, in the order of their bytes. What is asked about the
-- item as a whole is no one response's.
select distinct key collate "C" as name
from judgment j, jsonb_object_keys(case when jsonb_typeof(j.answer->'ratings') = 'object' then j.answer->'ratings' else '{}'::jsonb end) key
where j.shard_key = $1::bigint and j.n >= 0 and octet_length(key) between 1 and $3::bigint
    and not exists (select from project p, jsonb_array_elements(p.task->'dimensions') q
        where p.shard_key = $1::bigint and q->>'about' = 'item' and q->>'id' = key)
order by 1 limit $2::bigint
