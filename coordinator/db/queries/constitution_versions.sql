select k.version, encode(k.document_hash, 'hex'), (extract(epoch from k.created_at) * 1000000)::bigint, k.amendment_id
from constitution k
join community c on c.shard_key = k.shard_key and c.community_id = $4::uuid
where k.shard_key = $1::bigint and k.version < $2::integer
order by k.version desc limit $3::integer
