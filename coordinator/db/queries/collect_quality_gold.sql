-- Who answered items with a known answer, and how many of these answers were as expected: what checks attention, and items like any
-- other whose answer is known. Who met it least often comes first; $2 rows at the most, after one for all of them.
with mine as (
    select t.participant_id, j.as_expected
    from gold_task t
    cross join lateral (select as_expected from gold_judgment j
        where j.shard_key = t.shard_key and j.lease_id = t.lease_id order by j.revision desc limit 1) j
    where t.shard_key = $1::bigint and t.role = 'attention' and t.state = 'judged'
    union all
    select j.participant_id, as_expected(i.expected, j.outcome, j.answer, j.shown)
    from item i
    cross join lateral (
        select distinct on (lease_id) participant_id, outcome, answer, shown from judgment j
        where j.shard_key = i.shard_key and j.item_id = i.item_id and j.n >= 0 order by lease_id, revision desc
    ) j
    where i.shard_key = $1::bigint and i.expected is not null and i.gold_role is null
)
select participant_id, count(*), count(*) filter (where as_expected)
from mine
where as_expected is not null and not exists (select from participation m
    where m.shard_key = $1::bigint and m.participant_id = mine.participant_id and m.state = 'excluded')
group by grouping sets ((), (participant_id))
order by participant_id is not null, count(*) filter (where as_expected)::double precision / greatest(count(*), 1), count(*) desc, participant_id
limit $2::integer + 1
