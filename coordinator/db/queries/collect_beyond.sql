-- Of the next $4 items of shard $1 behind $2: how many judgments they have beyond $3 each. Then the last of them, null: there was none.
select coalesce(sum(greatest(0, n_judged - $3::integer)), 0)::bigint, (array_agg(item_id order by item_id desc))[1]
from (
    select item_id, count(*) filter (where state = 'judged' and n >= 0) as n_judged
    from assignment where shard_key = $1::bigint and item_id > $2::uuid
    group by item_id order by item_id limit $4::integer
) o
