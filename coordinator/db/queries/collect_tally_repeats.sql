-- Adds to what is known of judgments given twice what is new since snapshot $2 (null: all there is), as collect_tally_advance.sql does:
-- of each judgment that has a repeat, where either has a new row, what the last look saw is taken away and what stands now is added.
-- Repeats of those whom the study excluded count nothing. Sums over what was judged both times, x first and y again:
--   choice     how many; said the same (the same response, a tie, both bad); preferences both times; of these for the same side
--   ranking    how many; over them of pairs of responses that both place the number in the same order, s, and in all, m; of ss, sm and mm
--   rating.ID  how many; the same; of |x - y|, (x - y)^2, x + y, x^2 + y^2 (numbers)
with recent as materialized (
    select shard_key, item_id, participant_id, n, stored_xid from judgment
    where $2::pg_snapshot is not null and stored_xid >= pg_snapshot_xmin($2::pg_snapshot)::text::bigint
        and stored_xid < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
), fresh as materialized (
    select distinct item_id, participant_id, n from recent
    where shard_key = $1::bigint and not pg_visible_in_snapshot(stored_xid::text::xid8, $2::pg_snapshot)
), given as materialized (
    select item_id, participant_id, n from fresh where n < 0
    union
    select f.item_id, f.participant_id, r.n from fresh f
    cross join lateral (
        select r.n from judgment r
        where f.n >= 0 and r.shard_key = $1::bigint and r.item_id = f.item_id and r.participant_id = f.participant_id and r.n < 0 and r.n = -2 - f.n
        limit 1
    ) r
    union
    select item_id, participant_id, n from judgment where $2::pg_snapshot is null and shard_key = $1::bigint and n < 0
), twice as (
    select s.sign, row_number() over () as i, f.outcome as first, f.answer as x, r.outcome as again, r.answer as y
    from given g
    cross join (values (-1), (1)) s (sign)
    cross join lateral (
        select outcome, answer from (
            select distinct on (j.lease_id) j.outcome, j.answer from judgment j
            where j.shard_key = $1::bigint and j.item_id = g.item_id and j.participant_id = g.participant_id and j.n = -2 - g.n
                and (s.sign = 1 or pg_visible_in_snapshot(j.stored_xid::text::xid8, $2::pg_snapshot))
            order by j.lease_id, j.revision desc
        ) j where outcome <> 'void' limit 1
    ) f
    cross join lateral (
        select outcome, answer from (
            select distinct on (j.lease_id) j.outcome, j.answer from judgment j
            where j.shard_key = $1::bigint and j.item_id = g.item_id and j.participant_id = g.participant_id and j.n = g.n and j.n < 0
                and (s.sign = 1 or pg_visible_in_snapshot(j.stored_xid::text::xid8, $2::pg_snapshot))
            order by j.lease_id, j.revision desc
        ) j where outcome <> 'void' limit 1
    ) r
    where not exists (
        select from participation m where m.shard_key = $1::bigint and m.participant_id = g.participant_id and m.state = 'excluded')
), placed as (
    select t.i, w.is_first, e.response, g.place
    from twice t
    cross join lateral (values (true, t.x), (false, t.y)) w (is_first, answer)
    cross join lateral jsonb_array_elements(w.answer->'ranking') with ordinality g (slots, place)
    cross join lateral jsonb_array_elements_text(g.slots) e (response)
    where t.first = 'ranking' and t.again = 'ranking'
), both_placed as (
    select f.i, f.response, f.place as first, r.place as again
    from placed f join placed r on r.i = f.i and r.response = f.response and f.is_first and not r.is_first
), ranked as (
    select a.i, count(*) as m, count(*) filter (where sign(a.first - b.first) = sign(a.again - b.again)) as s
    from both_placed a join both_placed b on b.i = a.i and a.response < b.response group by a.i
), rated as (
    select t.sign, 'rating.' || d.id as measure, x.value as x, y.value as y,
        case when jsonb_typeof(x.value) = 'number' and jsonb_typeof(y.value) = 'number' then (x.value #>> '{}')::numeric end as u,
        case when jsonb_typeof(x.value) = 'number' and jsonb_typeof(y.value) = 'number' then (y.value #>> '{}')::numeric end as v
    from twice t
    cross join lateral jsonb_each(coalesce(t.x->'ratings', '{}')) d (id, slots)
    cross join lateral jsonb_each(d.slots) x (slot, value)
    cross join lateral (select t.y->'ratings'->d.id->x.slot as value) y
    where y.value is not null
), added as (
    select 'choice' as measure, sum(sign) as a, coalesce(sum(sign) filter (where (first = again) <> is_preference), 0) as b,
        coalesce(sum(sign) filter (where is_preference), 0) as c, coalesce(sum(sign) filter (where is_preference and first = again), 0) as d, 0 as e, 0 as f
    from (
        select sign, first, again, first in ('left', 'right') and again in ('left', 'right') as is_preference from twice
        where first in ('left', 'right', 'tie', 'both_bad') and again in ('left', 'right', 'tie', 'both_bad')
    ) t having count(*) > 0
    union all
    select 'ranking', sum(sign), sum(sign * s), sum(sign * m), sum(sign * s * s), sum(sign * s * m), sum(sign * m * m)
    from ranked join twice using (i) having count(*) > 0
    union all
    select measure, sum(sign), sum(sign * (x = y)::integer), coalesce(sum(sign * abs(u - v)), 0), coalesce(sum(sign * (u - v) * (u - v)), 0),
        coalesce(sum(sign * (u + v)), 0), coalesce(sum(sign * (u * u + v * v)), 0)
    from rated group by measure
), kept as (
    insert into tally_repeat as t (shard_key, measure, sums)
    select $1::bigint, measure, array[a, b, c, d, e, f] from added
    on conflict (shard_key, measure) do update set sums = array[t.sums[1] + excluded.sums[1], t.sums[2] + excluded.sums[2], t.sums[3] + excluded.sums[3],
        t.sums[4] + excluded.sums[4], t.sums[5] + excluded.sums[5], t.sums[6] + excluded.sums[6]]
)
update tally t set repeats = pg_current_snapshot() where t.shard_key = $1::bigint
