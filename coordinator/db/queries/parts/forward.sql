-- The open slots that are least judged, going on from the person's cursor and once around, $5 on each side.
        (select item_id, n, order_key from assignment
        where shard_key = $1::bigint and state = 'open' and n >= 0 and n < (select judgments_per_item from p)
            and (n, order_key) > ((select cursor_n from me), (select cursor_key from me))
        order by n, order_key limit $5::integer)
        union all
        (select item_id, n, order_key from assignment
        where shard_key = $1::bigint and state = 'open' and n >= 0 and n < (select judgments_per_item from p)
            and (n, order_key) <= ((select cursor_n from me), (select cursor_key from me))
        order by n, order_key limit $5::integer)
