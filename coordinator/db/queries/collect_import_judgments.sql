-- Judgments that come with data, each in a slot of its own beyond those that are wanted here (from 1000 on), so that
-- what is collected live keeps its cap. One an annotator and item; a second one is told apart by its hash.
with input as materialized (
    select ord, a::uuid as item_id, b::uuid as participant_id, c::uuid as judgment_id, d::uuid as lease_id,
        e as outcome, f::smallint as strength, g::jsonb as answer, h::smallint[] as shown,
        to_timestamp(i::bigint / 1000000.0) as judged_at, j::bytea as request_hash, k::integer as demographics_version
    from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
        $10::text[], $11::text[], $12::text[]) with ordinality as u (a, b, c, d, e, f, g, h, i, j, k, ord)
), old as materialized (
    select i.ord, (select j.request_hash = i.request_hash from judgment j
        where j.shard_key = a.shard_key and j.lease_id = a.lease_id order by j.revision desc limit 1) as same
    from input i
    join assignment a on a.shard_key = $1::bigint and a.item_id = i.item_id and a.participant_id = i.participant_id
), fresh as materialized (
    select i.*, row_number() over (partition by i.item_id order by i.ord) as place
    from input i where not exists (select from old where old.ord = i.ord)
), slots as (
    insert into assignment (shard_key, item_id, n, state, order_key, n_responses, lease_id, participant_id, leased_at,
        shown, strategy, guideline_version)
    select $1::bigint, f.item_id,
        999 + f.place + (select coalesce(max(a.n) - 999, 0) from assignment a
            where a.shard_key = $1::bigint and a.item_id = f.item_id and a.n >= 1000),
        'judged', 0, t.n_responses, f.lease_id, f.participant_id, coalesce(f.judged_at, now()), f.shown, 'import', 1
    from fresh f join item t on t.shard_key = $1::bigint and t.item_id = f.item_id
    on conflict (shard_key, item_id, participant_id) where participant_id is not null and n >= 0 do nothing
    returning item_id, n, lease_id
), written as (
    insert into judgment (shard_key, lease_id, revision, judgment_id, item_id, n, participant_id, outcome, strength,
        answer, shown, guideline_version, demographics_version, source, judged_at, idempotency_key, request_hash, receipt)
    select $1::bigint, s.lease_id, 1, f.judgment_id, s.item_id, s.n, f.participant_id, f.outcome, f.strength,
        coalesce(f.answer, '{}'), f.shown, 1, f.demographics_version, $13::text, coalesce(f.judged_at, now()), f.lease_id,
        f.request_hash, ''
    from slots s join fresh f on f.lease_id = s.lease_id
    returning lease_id
), counted as (
    insert into project_counter (shard_key, stripe, n_imported)
    select $1::bigint, $14::smallint, count(*) from written having count(*) > 0
    on conflict (shard_key, stripe) do update set n_imported = project_counter.n_imported + excluded.n_imported
)
select i.ord, case when w.lease_id is not null then 'new' when o.same then 'same' when o.ord is not null then 'other'
    else 'again' end
from input i
left join old o on o.ord = i.ord
left join written w on w.lease_id = i.lease_id
