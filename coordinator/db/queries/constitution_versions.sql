select k.version, encode(k.document_hash, 'hex'), (extract(epoch from k.created_at) * 1000000)::bigint, k.amendment_id
from constitution k
where k.shard_key = $1::bigint and k.version < $2::integer
order by k.version desc limit $3::integer
