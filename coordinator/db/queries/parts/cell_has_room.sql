-- For one more of cell :cell, in the study and of candidate c.
        and (select is_left from room)
        and ((select n_per_item from room) is null or coalesce((select q.n_taken from quota_count q
            where q.shard_key = $1::bigint and q.item_id = c.item_id and q.cell = :cell), 0) < (select n_per_item from room))
