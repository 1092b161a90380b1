select m.model_id, m.fit_id, m.method, f.attribute, encode(m.artefact_hash, 'hex'), m.size,
    encode(m.snapshot_hash, 'hex'), m.card, (extract(epoch from m.created_at) * 1000000)::bigint, p.project_id, p.simulated
from model m
join fit f on f.shard_key = m.shard_key and f.fit_id = m.fit_id
join project p on p.shard_key = m.shard_key
where m.shard_key = $1::bigint and m.model_id = $2::uuid
