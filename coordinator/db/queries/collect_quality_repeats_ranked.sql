-- Rankings that were given once more by people whom the study has not excluded: how many, and sums over them of pairs of responses that
-- stand in the same order both times (before, after, together), of pairs that both place, and of their squares and products.
with latest as (
    select distinct on (lease_id) item_id, n, participant_id, outcome, answer
    from judgment where shard_key = $1::bigint
        and (select settings->'task'->>'kind' from project where shard_key = $1::bigint) in ('ranking', 'best_worst') -- else nothing is read
    order by lease_id, revision desc
), twice as (
    select row_number() over () as i, f.answer->'ranking' as first, r.answer->'ranking' as again
    from latest r join latest f on f.item_id = r.item_id and f.participant_id = r.participant_id and f.n = -2 - r.n
    where r.n < 0 and f.outcome = 'ranking' and r.outcome = 'ranking' and not exists (select from participation m
        where m.shard_key = $1::bigint and m.participant_id = r.participant_id and m.state = 'excluded')
), placed as (
    select t.i, w.is_first, e.response, g.place
    from twice t
    cross join lateral (values (true, t.first), (false, t.again)) w (is_first, ranking)
    cross join lateral jsonb_array_elements(w.ranking) with ordinality g (slots, place)
    cross join lateral jsonb_array_elements_text(g.slots) e (response)
), both_placed as (
    select f.i, f.response, f.place as first, r.place as again
    from placed f join placed r on r.i = f.i and r.response = f.response and f.is_first and not r.is_first
), counted as (
    select x.i, count(*) as pairs, count(*) filter (where sign(x.first - y.first) = sign(x.again - y.again)) as same
    from both_placed x join both_placed y on y.i = x.i and x.response < y.response group by x.i
)
select count(*), coalesce(sum(same), 0)::bigint, coalesce(sum(pairs), 0)::bigint, coalesce(sum(same * same), 0)::bigint,
    coalesce(sum(same * pairs), 0)::bigint, coalesce(sum(pairs * pairs), 0)::bigint
from counted
