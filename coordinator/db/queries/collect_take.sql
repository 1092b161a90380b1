-- A batch of leases: each row a shard, a participant, the new lease, and the slot that was proposed for it. A row gets it when
-- the slot is still to be had, the study is open, the item not hidden, and the person has neither a lease already nor had the
-- item. Answers a row each: ord, what became of it, the lease it has now, when that ends, the guideline's version, the
-- order on screen.
-- One look-up a row, each by one index.
with input as materialized (
    select ord, a::bigint as shard_key, b::uuid as participant_id, c::uuid as lease_id, d::uuid as item_id,
        e::smallint as n, f::boolean as is_pair, g::integer as constitution_version
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
        with ordinality as u (a, b, c, d, e, f, g, ord)
), held as materialized ( -- see collect_assignment.sql
    select shard_key, state, lease_seconds, guideline_version,
        case when setup = (select s.setup from project s where s.shard_key = p.shard_key) then judgments_per_item else try_again() end
            as judgments_per_item
    from project p where shard_key = any(array(select distinct shard_key from input order by 1)) for key share
), asked as materialized (
    select i.*, p.state as project_state, p.judgments_per_item, p.lease_seconds, p.guideline_version,
        o.lease_id as own, o.expires_at as own_expires_at, o.guideline_version as own_guideline_version
    from input i
    join held p on p.shard_key = i.shard_key
    left join lateral (
        select lease_id, expires_at, guideline_version from assignment a
        where a.shard_key = i.shard_key and a.participant_id >= i.participant_id
            and a.participant_id <= i.participant_id and a.state = 'leased'
        order by a.participant_id limit 1
    ) o on true
), able as materialized (
    select k.*
    from asked k
    cross join lateral (
        select state, expires_at from assignment a
        where a.shard_key = k.shard_key and a.item_id = k.item_id and a.n = k.n
        limit 1 for update skip locked
    ) a
    where k.own is null and k.project_state = 'open'
        and (a.state = 'open' or (a.state = 'leased' and a.expires_at < now()))
        -- include may_have :shard=k.shard_key :person=k.participant_id :item=k.item_id :slot=k.n :wanted=k.judgments_per_item
), taken as (
    update assignment a set state = 'leased', lease_id = k.lease_id, participant_id = k.participant_id,
        leased_at = now(), expires_at = now() + make_interval(secs => k.lease_seconds),
        shown = order_on_screen(a.order_key, a.n, a.n_responses, k.is_pair), strategy = 'least_judged', probability = null,
        guideline_version = k.guideline_version,
        constitution_version = k.constitution_version
    from able k
    where a.shard_key = k.shard_key and a.item_id = k.item_id and a.n = k.n
    returning a.lease_id, a.expires_at, a.shown, k.ord, a.shard_key, a.item_id, a.n, a.order_key, a.n_responses
), opened as (
    insert into assignment (shard_key, item_id, n, order_key, n_responses)
    select shard_key, item_id, n + 1, order_key, n_responses from taken
    on conflict (shard_key, item_id, n) do nothing
)
select k.ord,
    case when t.ord is not null then 'taken' when k.own is not null and k.own_expires_at >= now() then 'own'
        when k.project_state <> 'open' then k.project_state else 'gone' end,
    coalesce(t.lease_id, k.own), (extract(epoch from t.expires_at) * 1000000)::bigint, k.guideline_version, t.shown
from asked k
left join taken t on t.ord = k.ord
