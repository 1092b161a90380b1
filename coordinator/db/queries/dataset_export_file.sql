-- The size of file $3 of an export that is done; no row when it has no such file.
select (f->>'size')::bigint
from export e, jsonb_array_elements(e.manifest->'files') f
where e.shard_key = $1::bigint and e.export_id = $2::uuid and e.state = 'done' and f->>'name' = $3::text
