-- How often a pair was judged in each way: a row for each pattern of counts (first, second, tie, both bad) and how many
-- pairs show it. Integers only; the arithmetic is C's.
with latest as (
    select distinct on (lease_id) item_id, outcome, shown
    from judgment where shard_key = $1::bigint order by lease_id, revision desc
), votes as (
    select item_id, least(shown[1], shown[2]) as a, greatest(shown[1], shown[2]) as b, outcome,
        (outcome = 'left') = (shown[1] < shown[2]) as is_first
    from latest where outcome in ('left', 'right', 'tie', 'both_bad')
), units as (
    select count(*) filter (where outcome in ('left', 'right') and is_first) as n_first,
        count(*) filter (where outcome in ('left', 'right') and not is_first) as n_second,
        count(*) filter (where outcome = 'tie') as n_tie,
        count(*) filter (where outcome = 'both_bad') as n_both_bad
    from votes group by item_id, a, b
)
select n_first, n_second, n_tie, n_both_bad, count(*) from units group by n_first, n_second, n_tie, n_both_bad
