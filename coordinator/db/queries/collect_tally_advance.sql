-- Adds to the figures of $1 what is new since snapshot $2 (null: all there is). Of each lease with a new row, what the last look
-- saw is taken away and what stands now is added; void rows, those whom the study excluded and repeats count nothing. A row that says it
-- is of a transaction yet to come waits until that is past.
with study as materialized (
    select task->>'kind' as kind, coalesce(task->'dimensions', '[]') as dimensions
    from (select settings->'task' as task from project where shard_key = $1::bigint offset 0) p
), scale as materialized (
    -- In up to nine steps each is counted; in more (a million at the most), their number, sum and squares.
    select d->>'id' as id, case when d->>'scale' <> 'yes_no_unsure' then (d->>'min')::numeric::bigint end as low,
        d->>'scale' <> 'yes_no_unsure' and (d->>'max')::numeric - (d->>'min')::numeric > 8 as is_long,
        case when d->>'scale' <> 'yes_no_unsure' then (d->>'max')::numeric - (d->>'min')::numeric end as wide
    from study cross join lateral jsonb_array_elements(dimensions) d
    where d->>'scale' = 'yes_no_unsure' or (d->>'max')::numeric - (d->>'min')::numeric <= 1000000
), recent as materialized (
    select shard_key, lease_id, stored_xid from judgment
    where $2::pg_snapshot is not null and n >= 0 and stored_xid >= pg_snapshot_xmin($2::pg_snapshot)::text::bigint
        and stored_xid < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
), fresh as materialized (
    select distinct lease_id from recent where shard_key = $1::bigint and not pg_visible_in_snapshot(stored_xid::text::xid8, $2::pg_snapshot)
), change as materialized (
    select c.* from (
        select c.* from fresh f
        cross join lateral (
            (select -1 as sign, j.item_id, j.participant_id, j.outcome, j.strength, j.answer, j.shown, j.active_ms, j.judged_at, j.source = 'live' as is_live
                from judgment j
                where j.shard_key = $1::bigint and j.lease_id = f.lease_id and pg_visible_in_snapshot(j.stored_xid::text::xid8, $2::pg_snapshot)
                order by j.revision desc limit 1)
            union all
            (select 1, j.item_id, j.participant_id, j.outcome, j.strength, j.answer, j.shown, j.active_ms, j.judged_at, j.source = 'live'
                from judgment j where j.shard_key = $1::bigint and j.lease_id = f.lease_id order by j.revision desc limit 1)
        ) c
        union all
        select 1, j.item_id, j.participant_id, j.outcome, j.strength, j.answer, j.shown, j.active_ms, j.judged_at, j.source = 'live'
        from judgment j
        where $2::pg_snapshot is null and j.shard_key = $1::bigint and j.n >= 0 and not exists (
            select from judgment later where later.shard_key = $1::bigint and later.lease_id = j.lease_id and later.revision > j.revision)
    ) c
    where c.outcome <> 'void' and not exists (
        select from participation m where m.shard_key = $1::bigint and m.participant_id = c.participant_id and m.state = 'excluded')
), rated as (
    select c.sign, c.item_id, d.id, d.low, d.is_long, case when s.slot = 'item' then -1 else s.slot::smallint end as a, s.value
    from change c
    cross join scale d
    cross join lateral jsonb_each(coalesce(c.answer->'ratings'->d.id, '{}')) s (slot, value)
), outcomes as (
    insert into tally_outcome as t (shard_key, outcome, n, n_live)
    select $1::bigint, case when answer ? 'rather_not' then 'rather_not' else outcome end, sum(sign), coalesce(sum(sign) filter (where is_live), 0)
    from change group by 2
    on conflict (shard_key, outcome) do update set n = t.n + excluded.n, n_live = t.n_live + excluded.n_live
), times as (
    insert into tally_time as t (shard_key, active_ms, n)
    select $1::bigint, case when active_ms < 1000 then active_ms when active_ms < 10000 then active_ms / 10 * 10 when active_ms < 100000 then active_ms / 100 * 100
        else active_ms / 1000 * 1000 end, sum(sign)
    from change where is_live and active_ms is not null group by 2
    on conflict (shard_key, active_ms) do update set n = t.n + excluded.n
), hours as (
    insert into tally_hour as t (shard_key, hour, n)
    select $1::bigint, date_trunc('hour', judged_at at time zone 'UTC') at time zone 'UTC', sum(sign) from change where is_live and outcome <> 'skip' group by 2
    on conflict (shard_key, hour) do update set n = t.n + excluded.n
), people as (
    insert into tally_person as t (shard_key, participant_id, n, n_skipped, n_left, n_right, active_ms, last_at)
    select $1::bigint, participant_id, coalesce(sum(sign) filter (where outcome <> 'skip'), 0), coalesce(sum(sign) filter (where outcome = 'skip'), 0),
        coalesce(sum(sign) filter (where is_live and outcome = 'left'), 0), coalesce(sum(sign) filter (where is_live and outcome = 'right'), 0),
        coalesce(sum(sign * active_ms::bigint) filter (where is_live), 0), max(judged_at)
    from change group by participant_id
    on conflict (shard_key, participant_id) do update set n = t.n + excluded.n, n_skipped = t.n_skipped + excluded.n_skipped, n_left = t.n_left + excluded.n_left,
        n_right = t.n_right + excluded.n_right, active_ms = t.active_ms + excluded.active_ms, last_at = greatest(t.last_at, excluded.last_at)
), votes as (
    select sign, item_id, 'choice' as measure, least(shown[1], shown[2]) as a, greatest(shown[1], shown[2]) as b,
        case when outcome = 'tie' then 3 when outcome = 'both_bad' then 4 when (outcome = 'left') = (shown[1] < shown[2]) then 1 else 2 end as category
    from change where outcome in ('left', 'right', 'tie', 'both_bad')
    union all
    select sign, item_id, 'strength', least(shown[1], shown[2]), greatest(shown[1], shown[2]),
        5 + case when outcome = 'tie' then 0 when (outcome = 'left') = (shown[1] < shown[2]) then -strength else strength end
    from change where outcome = 'tie' or (outcome in ('left', 'right') and strength is not null)
    union all
    -- Each pair of a ranking; of the best and the worst of many, what neither is was not compared.
    select sign, item_id, 'choice', least(x.n, y.n), greatest(x.n, y.n), case when x.place = y.place then 3 when x.n < y.n then 1 else 2 end
    from change
    cross join lateral (select r.place, e.n::smallint as n from jsonb_array_elements(answer->'ranking') with ordinality r (slots, place), jsonb_array_elements_text(r.slots) e (n)) x
    cross join lateral (select r.place, e.n::smallint as n from jsonb_array_elements(answer->'ranking') with ordinality r (slots, place), jsonb_array_elements_text(r.slots) e (n)) y
    where outcome = 'ranking' and (x.place < y.place or (x.place = y.place and x.n < y.n and (select kind from study) = 'ranking'))
    union all
    select sign, item_id, 'rating.' || id, a, -1,
        case when jsonb_typeof(value) = 'number' then value::integer - low + 1 else array_position(array['yes', 'unsure', 'no'], value #>> '{}') end
    from rated where not is_long
), moved as materialized (
    select v.item_id, v.measure, v.a, v.b, v.is_long, coalesce(u.counts, '{0,0,0,0,0,0,0,0,0}') as was,
        array[n1 + coalesce(u.counts[1], 0), n2 + coalesce(u.counts[2], 0), n3 + coalesce(u.counts[3], 0), n4 + coalesce(u.counts[4], 0), n5 + coalesce(u.counts[5], 0), n6 + coalesce(u.counts[6], 0), n7 + coalesce(u.counts[7], 0), n8 + coalesce(u.counts[8], 0), n9 + coalesce(u.counts[9], 0)]::bigint[] as counts
    from (
        select item_id, measure, a, b, false as is_long, coalesce(sum(sign) filter (where category = 1), 0) as n1, coalesce(sum(sign) filter (where category = 2), 0) as n2, coalesce(sum(sign) filter (where category = 3), 0) as n3,
            coalesce(sum(sign) filter (where category = 4), 0) as n4, coalesce(sum(sign) filter (where category = 5), 0) as n5, coalesce(sum(sign) filter (where category = 6), 0) as n6,
            coalesce(sum(sign) filter (where category = 7), 0) as n7, coalesce(sum(sign) filter (where category = 8), 0) as n8, coalesce(sum(sign) filter (where category = 9), 0) as n9
        from votes where category between 1 and 9 group by item_id, measure, a, b
        union all
        select item_id, 'rating.' || id, a, -1, true, sum(sign), sum(sign * x), sum(sign * x * x), 0, 0, 0, 0, 0, 0
        from (select sign, item_id, id, a, value::bigint - low as x from rated where is_long and jsonb_typeof(value) = 'number') long
        group by item_id, id, a
    ) v
    left join lateral ( -- one by one: what is new is little beside what there is
        select counts from tally_unit t
        where t.shard_key = $1::bigint and t.item_id = v.item_id and t.measure = v.measure and t.a = v.a and t.b = v.b offset 0
    ) u on true
), kept as (
    insert into tally_unit as t (shard_key, item_id, measure, a, b, counts)
    select $1::bigint, item_id, measure, a, b, counts from moved where counts <> was
    on conflict (shard_key, item_id, measure, a, b) do update set counts = excluded.counts
), patterns as (
    insert into tally_pattern as t (shard_key, measure, counts, times)
    select $1::bigint, measure, c.counts, sum(c.times)
    from moved, lateral (values (moved.was, -1), (moved.counts, 1)) c (counts, times)
    where not is_long and moved.counts <> moved.was and c.counts <> '{0,0,0,0,0,0,0,0,0}'
    group by measure, c.counts having sum(c.times) <> 0
    on conflict (shard_key, measure, counts) do update set times = t.times + excluded.times
), moments as (
    insert into tally_moment as t (shard_key, measure, m, sums)
    select $1::bigint, measure, m, array[sum(times), sum(times * s), sum(times * q), sum(times * s * s), sum(times * s * q), sum(times * q * q), sum(times * s * s * s),
        sum(times * s * s * q), sum(times * s * s * s * s)]
    from (select moved.measure, c.counts[1] as m, c.counts[2]::numeric as s, c.counts[3]::numeric as q, c.times
        from moved, lateral (values (moved.was, -1), (moved.counts, 1)) c (counts, times)
        where is_long and moved.counts <> moved.was and c.counts[1] >= 2) u
    group by measure, m
    on conflict (shard_key, measure, m) do update set sums = array[t.sums[1] + excluded.sums[1], t.sums[2] + excluded.sums[2], t.sums[3] + excluded.sums[3], t.sums[4] + excluded.sums[4],
        t.sums[5] + excluded.sums[5], t.sums[6] + excluded.sums[6], t.sums[7] + excluded.sums[7], t.sums[8] + excluded.sums[8], t.sums[9] + excluded.sums[9]]
), apart as (
    -- Of each two people on a unit one pair; in thousandths, so that what is taken away later is what was added.
    select item_id, sum(c.sign * m * (m - 1) / 2) as pairs,
        sum(c.sign * trunc(case when wide is null then 1000 * (m * m - same) / 2 else 1000 * (m * q - s * s) / (wide * wide) end)) as pairs_apart
    from moved
    left join scale on moved.measure = 'rating.' || scale.id
    cross join lateral (values (1, counts), (-1, was)) c (sign, counts)
    cross join lateral (
        select case when moved.is_long then c.counts[1] else sum(n) end as m, case when moved.is_long then c.counts[2] else sum(n * k) end as s,
            case when moved.is_long then c.counts[3] else sum(n * k * k) end as q, sum(n * n) as same
        from unnest(c.counts) with ordinality u (n, k)
    ) u
    where moved.measure <> 'strength' group by item_id
), by_item as materialized (
    select c.item_id, c.n, coalesce(a.pairs, 0) as pairs, coalesce(a.pairs_apart, 0) as pairs_apart, coalesce(t.n, 0) as was
    from (select item_id, sum(sign) as n from change group by item_id) c
    left join apart a on a.item_id = c.item_id
    left join lateral (select n from tally_item t where t.shard_key = $1::bigint and t.item_id = c.item_id offset 0) t on true
), items as (
    insert into tally_item as t (shard_key, item_id, n, pairs, pairs_apart)
    select $1::bigint, item_id, n, pairs, pairs_apart from by_item
    on conflict (shard_key, item_id) do update set n = t.n + excluded.n, pairs = t.pairs + excluded.pairs, pairs_apart = t.pairs_apart + excluded.pairs_apart
)
update tally t set snapshot = pg_current_snapshot(),
    n_items = t.n_items + (select coalesce(sum(case when was = 0 and was + n > 0 then 1 when was > 0 and was + n = 0 then -1 else 0 end), 0) from by_item)
where t.shard_key = $1::bigint
