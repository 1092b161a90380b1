-- Items with a judgment, and the median of the time spent on judgments given here; -1: none.
select t.n_items, coalesce((
    select active_ms from (
        select active_ms, sum(n) over (order by active_ms) as up_to, sum(n) over () as n_all
        from tally_time where shard_key = $1::bigint and n > 0
    ) s
    where up_to * 2 >= n_all order by active_ms limit 1), -1)
from tally t where t.shard_key = $1::bigint
