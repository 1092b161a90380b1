-- What counts now, by outcome: how many, how many of them live, and the median of the time spent on live ones.
with latest as (
    select distinct on (lease_id) item_id, outcome, active_ms, source
    from judgment where shard_key = $1::bigint order by lease_id, revision desc
)
select coalesce(outcome, ''), count(*), count(*) filter (where source = 'live'),
    coalesce(percentile_disc(0.5) within group (order by active_ms) filter (where source = 'live'), -1),
    count(distinct item_id)
from latest where outcome not in ('void')
group by grouping sets ((outcome), ())
