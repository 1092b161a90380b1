-- The counters of cell :cell are moved here with the slot, so that they can't part (what is judged once more is in no cell): who waited
-- for one and finds it full has nothing, and looks again.
), item_counted as (
    insert into quota_count (shard_key, item_id, cell, unit, n_wanted, n_taken)
    select $1::bigint, item_id, :cell, 'judgments', room.n_per_item, 1
    from pick, room where room.n_per_item is not null
    on conflict (shard_key, item_id, cell) do update set n_taken = quota_count.n_taken + 1, n_wanted = excluded.n_wanted
        where quota_count.n_taken < excluded.n_wanted
    returning item_id
), counted as (
    update quota_count q set n_taken = q.n_taken + 1
    from pick
    where q.shard_key = $1::bigint and q.item_id = '00000000-0000-0000-0000-000000000000' and q.cell = :cell
        and (q.n_wanted is null or q.n_taken < q.n_wanted)
        and (q.n_per_item is null or exists (select from item_counted))
    returning q.cell
