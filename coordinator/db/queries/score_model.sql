-- The bytes of model $2 of project $1, where the constitution stands that the project follows, and whose embeddings it was fitted on.
select encode(m.artefact_hash, 'hex'), p.community_shard_key, (extract(epoch from m.created_at) * 1000000)::bigint,
    m.card->'embeddings'->>'space', m.card->'embeddings'->>'model'
from model m
join project p on p.shard_key = m.shard_key
where m.shard_key = $1::bigint and m.model_id = $2::uuid
