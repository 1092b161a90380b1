-- Newest first; ids are in order of time. $2 (zero: none): the id before the first.
select f.fit_id, f.method, f.attribute, f.options, f.state, f.progress, f.model_id, f.error,
    (extract(epoch from f.created_at) * 1000000)::bigint, (extract(epoch from f.finished_at) * 1000000)::bigint,
    null::jsonb, f.predecessor_id
from fit f where f.shard_key = $1::bigint and ($2::uuid = '00000000-0000-0000-0000-000000000000' or f.fit_id < $2::uuid)
order by f.fit_id desc limit $3::bigint
