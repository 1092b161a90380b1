-- Pairs that were judged once more, with their sides swapped, by people whom the study has not excluded: how many, of how many
-- the answer was the same (the same response, tie or both bad), how many were preferences both times, and of how many of
-- these the side was the same.
with latest as (
    select distinct on (lease_id) item_id, n, participant_id, outcome
    from judgment where shard_key = $1::bigint order by lease_id, revision desc
), twice as (
    select f.outcome as first, r.outcome as again, f.outcome in ('left', 'right') and r.outcome in ('left', 'right') as is_preference
    from latest r join latest f on f.item_id = r.item_id and f.participant_id = r.participant_id and f.n = -2 - r.n
    where r.n < 0 and not exists (select from participation m
            where m.shard_key = $1::bigint and m.participant_id = r.participant_id and m.state = 'excluded')
        and f.outcome in ('left', 'right', 'tie', 'both_bad') and r.outcome in ('left', 'right', 'tie', 'both_bad')
)
select count(*), count(*) filter (where (first = again) <> is_preference), count(*) filter (where is_preference),
    count(*) filter (where is_preference and first = again)
from twice
