-- A version's document; the latest when $3 is null.
select c.name, k.version, encode(k.document_hash, 'hex'), k.document,
    (extract(epoch from k.created_at) * 1000000)::bigint, k.amendment_id
from community c
join constitution k on k.shard_key = c.shard_key
where c.shard_key = $1::bigint and c.community_id = $2::uuid
    and k.version = coalesce($3::integer, (select max(version) from constitution where shard_key = $1::bigint))
