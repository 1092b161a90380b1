-- What collect_judgments.sql does, of tasks with a known answer: the same columns in, and out the same with, behind them, whether it was as
-- expected, what was expected, why, and the order on screen: of what is practised only. Where people are told, the first answer stays.
with input as materialized (
    select ord, a::bigint as shard_key, b::uuid as lease_id, c::uuid as participant_id, d::uuid as judgment_id,
        e as outcome, f::smallint as strength, g::jsonb as answer, h::bytea as note_sealed, i::integer as active_ms,
        j::integer as wall_ms, k::jsonb as client, l::integer as demographics_version, m::uuid as idempotency_key,
        n::bytea as request_hash, o as receipt
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[])
        with ordinality as u (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, q, ord)
), locked as materialized (
    select i.ord, t.shard_key, t.lease_id, t.item_id, t.role, t.state, t.shown
    from (select ord, shard_key, lease_id, participant_id from input order by shard_key, lease_id, ord) i
    cross join lateral (
        select * from gold_task t
        where t.shard_key = i.shard_key and t.lease_id >= i.lease_id and t.lease_id <= i.lease_id
        order by t.lease_id limit 1 for update
    ) t
    where t.participant_id = i.participant_id
), able as materialized (
    select l.*, i.expected, i.gold->'explanation' as explanation, p.state as project_state,
        p.state = 'open' or (p.state = 'paused' and l.state = 'leased') as is_open,
        l.role <> 'attention' and l.state = 'judged' as is_told
    from locked l
    cross join lateral (select state from project p where p.shard_key = l.shard_key limit 1) p
    join item i on i.shard_key = l.shard_key and i.item_id = l.item_id
), written as (
    insert into gold_judgment (shard_key, lease_id, revision, judgment_id, participant_id, outcome, strength, answer,
        note_sealed, as_expected, active_ms, wall_ms, client, demographics_version, idempotency_key, request_hash, receipt)
    select i.shard_key, i.lease_id,
        coalesce((select j.revision from gold_judgment j where j.shard_key = i.shard_key and j.lease_id = i.lease_id
            order by j.revision desc limit 1), 0) + 1,
        i.judgment_id, i.participant_id, i.outcome, i.strength, i.answer, i.note_sealed,
        as_expected(a.expected, i.outcome, i.answer, a.shown), i.active_ms, i.wall_ms, i.client, i.demographics_version,
        i.idempotency_key, i.request_hash, i.receipt
    from able a join input i on i.ord = a.ord
    where a.is_open and not a.is_told
    on conflict do nothing
    returning shard_key, lease_id, judgment_id, revision, as_expected
), moved as (
    update gold_task t set state = 'judged'
    from written w where t.shard_key = w.shard_key and t.lease_id = w.lease_id and t.state = 'leased'
)
select i.ord,
    case when w.judgment_id is not null then 'stored' when r.same then 'stored' when r.judgment_id is not null then 'reused'
        when a.ord is null then 'lost' when a.is_told then 'told' when not a.is_open then a.project_state else 'again' end,
    coalesce(w.judgment_id, r.judgment_id), coalesce(w.revision, r.revision), coalesce(r.receipt, i.receipt),
    case when a.role = 'practice' then coalesce(w.as_expected, r.as_expected) end,
    case when a.role = 'practice' then a.expected end, case when a.role = 'practice' then a.explanation end,
    case when a.role = 'practice' then a.shown end
from input i
left join able a on a.ord = i.ord
left join written w on w.judgment_id = i.judgment_id
left join lateral (
    select j.judgment_id, j.revision, j.receipt, j.as_expected, j.request_hash = i.request_hash as same
    from gold_judgment j
    where w.judgment_id is null and j.shard_key = i.shard_key
        and (j.participant_id, j.idempotency_key) >= (i.participant_id, i.idempotency_key)
        and (j.participant_id, j.idempotency_key) <= (i.participant_id, i.idempotency_key)
    order by j.participant_id, j.idempotency_key limit 1
) r on true
