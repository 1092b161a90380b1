-- For texts to be scored, by their hashes $3: what is kept of them in space $2 of study $1, and the endpoint that makes such, if the study still has it.
select u.ord, v.embedding, e.endpoint_id, e.url, e.model, e.dimensions, e.key_sealed
from unnest($3::bytea[]) with ordinality u (hash, ord)
left join embedding v on v.shard_key = $1::bigint and v.space = $2::bytea and v.text_hash = u.hash
left join embedding_endpoint e on e.shard_key = $1::bigint and e.space = $2::bytea
order by u.ord
