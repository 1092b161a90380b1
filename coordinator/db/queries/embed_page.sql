-- Responses of study $1 behind ($3, $4), at most $5 and about $6 bytes: whether the words are sealed with a person's key, which are
-- never asked for, and of those that space $2 lacks the words and their hash.
select r.item_id, r.n, s.item_id is not null,
    case when s.item_id is null and v.text_hash is null and r.content <> '' then r.content end,
    case when s.item_id is null and v.text_hash is null and r.content <> '' then encode(h.hash, 'hex') end
from (
    select item_id, n, content, sum(octet_length(content)) over (order by item_id, n) - octet_length(content) as n_before
    from (
        select item_id, n, content from response
        where shard_key = $1::bigint and (item_id, n) > ($3::uuid, $4::smallint) order by item_id, n limit $5::integer
    ) page
) r
cross join lateral (select sha256(convert_to(r.content, 'UTF8')) as hash) h
left join item_sealed s on s.shard_key = $1::bigint and s.item_id = r.item_id
left join embedding v on v.shard_key = $1::bigint and v.space = $2::bytea and v.text_hash = h.hash
where r.n_before < $6::bigint
order by r.item_id, r.n
