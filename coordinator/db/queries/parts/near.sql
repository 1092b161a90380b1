-- 64 open slots from the random key :key on and around; are these all, and if not, how much of the keys they cover.
), near as materialized (
    select item_id, n, order_key, is_around, false as is_late
    from (
        (select item_id, n, order_key, false as is_around from assignment
        where shard_key = $1::bigint and state = 'open' and n >= 0 and n < (select judgments_per_item from p) and is_drawn and order_key >= :key
        order by order_key limit 64)
        union all
        (select item_id, n, order_key, true from assignment
        where shard_key = $1::bigint and state = 'open' and n >= 0 and n < (select judgments_per_item from p) and is_drawn and order_key < :key
        order by order_key limit 64)
    ) c limit 64
), whole as materialized (
    select count(*) < 64 as is_all, case when count(*) < 64 then 1 else least(1, max(order_key::double precision) filter (where is_around = is_last)
        / 2 ^ 64 - :key::double precision / 2 ^ 64 + case when bool_or(is_last) then 1 else 0 end) end as share
    from near cross join (select bool_or(is_around) as is_last from near) l
