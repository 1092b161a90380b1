-- The items of shard $1 behind $2, $3 at the most, a row a response, with how often each was judged. Embeddings of space $4, or (null) those
-- that came with the responses.
select i.item_id, r.content, case when $4::bytea is null then r.embedding else v.embedding end, i.n_judged
from (
    select item_id, n_responses, (select count(*) from assignment a
        where a.shard_key = $1::bigint and a.item_id = i.item_id and a.state = 'judged' and a.n >= 0) as n_judged
    from item i where shard_key = $1::bigint and item_id > $2::uuid order by item_id limit $3::integer
) i
join response r on r.shard_key = $1::bigint and r.item_id = i.item_id
left join embedding v on v.shard_key = $1::bigint and v.space = $4::bytea and v.text_hash = sha256(convert_to(r.content, 'UTF8'))
order by i.item_id, r.n
