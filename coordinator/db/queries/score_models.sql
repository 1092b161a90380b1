-- The newest models that person $1 may use: all of them ($2), those of one project ($3, 0: none in particular), or of projects
-- where they are a researcher (2) or a service (128).
select m.shard_key, m.model_id, m.method, (extract(epoch from m.created_at) * 1000000)::bigint
from model m
where ($3::bigint = 0 or m.shard_key = $3::bigint) and ($2::boolean or exists (
    select from participation p
    where p.shard_key = m.shard_key and p.person_id = $1::uuid and p.state = 'active' and p.roles & 130 <> 0))
order by m.created_at desc, m.model_id desc limit 200
