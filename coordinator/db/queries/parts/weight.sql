-- Equal, or by what a judgment of candidate c would tell (item_value, docs/methods.md), never under a tenth of the greatest.
    case when p.strategy = 'random' then 1
        else 0.1 + 0.9 * coalesce((select value from item_value v where v.shard_key = $1::bigint and v.item_id >= c.item_id
            and v.item_id <= c.item_id order by v.item_id limit 1) / nullif((select max_value from weighing w
            where w.shard_key = $1::bigint), 0), 1) end::double precision as weight
