select f.fit_id, f.method, f.attribute, f.options, f.state, f.progress, f.model_id, f.error,
    (extract(epoch from f.created_at) * 1000000)::bigint, (extract(epoch from f.finished_at) * 1000000)::bigint,
    coalesce(m.card, f.result), f.predecessor_id
from fit f left join model m on m.shard_key = f.shard_key and m.model_id = f.model_id
where f.shard_key = $1::bigint and f.fit_id = $2::uuid
