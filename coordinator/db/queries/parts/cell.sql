-- Is there room for one more of cell :cell, in the study; and how many are wanted of each item.
), room as materialized (
    select n_wanted is null or n_taken < n_wanted as is_left, n_per_item from quota_count
    where shard_key = $1::bigint and item_id = '00000000-0000-0000-0000-000000000000' and cell = :cell
