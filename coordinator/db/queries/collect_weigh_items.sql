-- The items of shard $1 behind $2, $3 at the most, a row a response, with how often each was judged.
select i.item_id, r.content, r.embedding, i.n_judged
from (
    select item_id, n_responses, (select count(*) from assignment a
        where a.shard_key = $1::bigint and a.item_id = i.item_id and a.state = 'judged' and a.n >= 0) as n_judged
    from item i where shard_key = $1::bigint and item_id > $2::uuid order by item_id limit $3::integer
) i
join response r on r.shard_key = $1::bigint and r.item_id = i.item_id
order by i.item_id, r.n
