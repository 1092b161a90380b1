-- A batch of judgments, whole: locks the leases in order, appends revisions, moves the slots and counts; a key that was
-- used is refused by its index, and looked up then. Answers a row each: ord, what became of it, judgment, revision, receipt.
with input as materialized (
    select ord, a::bigint as shard_key, b::uuid as lease_id, c::uuid as participant_id, d::uuid as judgment_id,
        e as outcome, f::smallint as strength, g::jsonb as answer, h::bytea as note_sealed, i::integer as active_ms,
        j::integer as wall_ms, k::jsonb as client, l::integer as demographics_version, m::uuid as idempotency_key,
        n::bytea as request_hash, o as receipt, q::smallint as stripe,
        r::boolean as is_pasted, s::boolean as is_untyped, t::integer[] as shingles, v::bigint[] as bands
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
        $17::text[], $18::text[], $19::text[], $20::text[])
        with ordinality as u (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, q, r, s, t, v, ord)
), locked as materialized (
    select i.ord, a.shard_key, a.item_id, a.n, a.state, a.shown, a.guideline_version, a.constitution_version,
        a.quota_cell
    from (select ord, shard_key, lease_id, participant_id from input order by shard_key, lease_id, ord) i
    cross join lateral (
        select * from assignment a
        where a.shard_key = i.shard_key and a.lease_id >= i.lease_id and a.lease_id <= i.lease_id
        order by a.lease_id limit 1 for update
    ) a
    where a.participant_id = i.participant_id and a.state in ('leased', 'judged')
), able as materialized (
    select l.*, p.state as project_state,
        p.state = 'open' or (p.state = 'paused' and l.state = 'leased') as is_open
    from locked l
    cross join lateral (select state from project p where p.shard_key = l.shard_key limit 1) p
), written as (
    insert into judgment (shard_key, lease_id, revision, judgment_id, item_id, n, participant_id, outcome, strength,
        answer, note_sealed, shown, active_ms, wall_ms, client, guideline_version, constitution_version,
        demographics_version, idempotency_key, request_hash, receipt)
    select i.shard_key, i.lease_id,
        coalesce((select j.revision from judgment j where j.shard_key = i.shard_key and j.lease_id = i.lease_id
            order by j.revision desc limit 1), 0) + 1,
        i.judgment_id, a.item_id, a.n, i.participant_id, i.outcome, i.strength, i.answer, i.note_sealed, a.shown,
        i.active_ms, i.wall_ms, i.client, a.guideline_version, a.constitution_version, i.demographics_version,
        i.idempotency_key, i.request_hash, i.receipt
    from able a join input i on i.ord = a.ord
    where a.is_open
    on conflict do nothing
    returning shard_key, lease_id, item_id, n, judgment_id, revision, outcome
), worded as (
    insert into words (shard_key, text_id, revision, participant_id, is_pasted, is_untyped, shingles, bands)
    select w.shard_key, w.lease_id, w.revision, i.participant_id, i.is_pasted, i.is_untyped, i.shingles, i.bands
    from written w join input i on i.judgment_id = w.judgment_id
    where i.shingles is not null
), moved as (
    update assignment a set
        state = case when w.outcome = 'skip' then 'open' else 'judged' end,
        lease_id = case when w.outcome <> 'skip' then a.lease_id end,
        participant_id = case when w.outcome <> 'skip' then a.participant_id end,
        leased_at = case when w.outcome <> 'skip' then a.leased_at end,
        expires_at = case when w.outcome <> 'skip' then a.expires_at end,
        shown = case when w.outcome <> 'skip' then a.shown end,
        quota_cell = case when w.outcome <> 'skip' then a.quota_cell end
    from written w
    where a.shard_key = w.shard_key and a.item_id = w.item_id and a.n = w.n
        and (a.state = 'leased' or w.outcome = 'skip')
), counted as (
    insert into project_counter (shard_key, stripe, n_counted, n_skipped)
    select i.shard_key, i.stripe,
        sum(case when w.outcome = 'skip' then 0 else 1 end - case when a.state = 'judged' then 1 else 0 end),
        sum(case when w.outcome = 'skip' then 1 else 0 end)
    from written w join input i on i.judgment_id = w.judgment_id join able a on a.ord = i.ord
    where w.n >= 0 -- a repeat is beyond what is wanted
    group by i.shard_key, i.stripe
    having sum(case when w.outcome = 'skip' then 0 else 1 end - case when a.state = 'judged' then 1 else 0 end) <> 0
        or sum(case when w.outcome = 'skip' then 1 else 0 end) <> 0
    order by i.shard_key, i.stripe
    on conflict (shard_key, stripe) do update set n_counted = project_counter.n_counted + excluded.n_counted,
        n_skipped = project_counter.n_skipped + excluded.n_skipped
), quota as materialized ( -- the cells of those who have one: locked in one order, by all who move them
    select q.shard_key, q.item_id, q.cell, c.taken, c.judged
    from (
        select a.shard_key, x.item_id, a.quota_cell as cell,
            sum(case when w.outcome = 'skip' then -1 else 0 end) as taken,
            sum(case when w.outcome = 'skip' then 0 else 1 end - case when a.state = 'judged' then 1 else 0 end) as judged
        from able a join input i on i.ord = a.ord join written w on w.judgment_id = i.judgment_id
        cross join lateral (values (a.item_id), ('00000000-0000-0000-0000-000000000000'::uuid)) x (item_id)
        where a.quota_cell is not null
        group by 1, 2, 3
    ) c
    join quota_count q on q.shard_key = c.shard_key and q.item_id = c.item_id and q.cell = c.cell
    where c.taken <> 0 or c.judged <> 0
    order by q.shard_key, q.item_id desc, q.cell for update of q
), quota_moved as (
    update quota_count q set n_taken = q.n_taken + c.taken, n_judged = q.n_judged + c.judged
    from quota c where q.shard_key = c.shard_key and q.item_id = c.item_id and q.cell = c.cell
)
select i.ord,
    case when w.judgment_id is not null then 'stored' when r.same then 'stored' when r.judgment_id is not null then 'reused'
        when a.ord is null then 'lost' when not a.is_open then a.project_state else 'again' end,
    coalesce(w.judgment_id, r.judgment_id), coalesce(w.revision, r.revision), coalesce(r.receipt, i.receipt)
from input i
left join able a on a.ord = i.ord
left join written w on w.judgment_id = i.judgment_id
-- By one index: a join would be planned by what the tables held when it was. See collect_assignment.sql for the odd form.
left join lateral (
    select j.judgment_id, j.revision, j.receipt, j.request_hash = i.request_hash as same
    from judgment j
    where w.judgment_id is null and j.shard_key = i.shard_key
        and (j.participant_id, j.idempotency_key) >= (i.participant_id, i.idempotency_key)
        and (j.participant_id, j.idempotency_key) <= (i.participant_id, i.idempotency_key)
    order by j.participant_id, j.idempotency_key limit 1
) r on true
