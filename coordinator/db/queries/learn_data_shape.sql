-- The size of what will be sent, how many responses came with an embedding, and whether all are of one length; and of the study's
-- endpoint, if it has one: its space and model, how many numbers it gives, how many responses it has embedded, and how many are sealed.
select count(distinct r.item_id), count(*), count(r.embedding), coalesce(min(octet_length(r.embedding)), 0),
    coalesce(max(octet_length(r.embedding)), 0), encode(e.space, 'hex'), e.model, e.n_dimensions, count(v.text_hash), count(s.item_id)
from response r
left join embedding_endpoint e on e.shard_key = $1::bigint
left join item_sealed s on s.shard_key = $1::bigint and s.item_id = r.item_id
left join embedding v on v.shard_key = $1::bigint and v.space = e.space and s.item_id is null
    and v.text_hash = sha256(convert_to(r.content, 'UTF8'))
where r.shard_key = $1::bigint
    and exists (select from judgment j where j.shard_key = $1::bigint and j.item_id = r.item_id)
group by e.space, e.model, e.n_dimensions
