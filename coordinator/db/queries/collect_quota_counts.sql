-- How full each cell of project $1 is: its code, judgments, people or slots taken; and items that are given out, and people.
select q.cell, q.n_judged, q.n_taken, c.n_wanted / p.judgments_per_item, c.n_participants
from quota_count q
join project p on p.shard_key = q.shard_key
cross join lateral (
    select coalesce(sum(n_wanted), 0)::bigint as n_wanted, coalesce(sum(n_participants), 0)::bigint as n_participants
    from project_counter where shard_key = q.shard_key
) c
where q.shard_key = $1::bigint and q.item_id = '00000000-0000-0000-0000-000000000000'
