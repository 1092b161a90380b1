-- The next task of participant $2 in shard $1 of a study that draws its items: as collect_assignment.sql, but of the open slots
-- that are looked at, and that the person may have, one is drawn by its weight: of 64 from the random key $5 on and around, and
-- of those whose leases ran out, the one that $6 (0 to 1) falls on. The last column: was it lost to somebody faster, or are
-- there others to look at.
with p as materialized (
    -- include study
), me as materialized (
    select ctid as row, n_given, n_repeats from participation
    where shard_key = $1::bigint and participant_id >= $2::uuid and participant_id <= $2::uuid
    order by participant_id limit 1
-- include before
-- include near :key=$5::bigint
), able as materialized (
    select c.item_id, c.n, c.is_late,
    -- include weight
    from p cross join (
        select item_id, n, is_late from near
        union all
        (select distinct on (item_id) item_id, n, true
        from (select item_id, n from assignment
            where shard_key = $1::bigint and state = 'leased' and expires_at < now() and n >= 0
            order by expires_at limit 64) a
        where item_id not in (select item_id from near)
        order by item_id, n)
    ) c
    where not exists (select from own) and not exists (select from again) and p.state = 'open'
        -- include may_have :shard=$1::bigint :person=$2::uuid :item=c.item_id :slot=c.n :wanted=(select judgments_per_item from p)
-- include drawn :chance=$6::double precision
), taken as (
    -- include taken :cell=null :slots=select item_id, n, null::uuid as lease_id, probability from pick union all select item_id, n, lease_id, null from own where expires_at < now()
), opened as (
    insert into assignment (shard_key, item_id, n, order_key, n_responses, is_drawn)
    select $1::bigint, t.item_id, t.n + 1, t.order_key, t.n_responses, true
    from taken t where t.n >= 0
    on conflict (shard_key, item_id, n) do nothing
), moved as (
    update participation m set n_given = m.n_given + 1, n_repeats = m.n_repeats + (select count(*) from again)
    from me, p
    where m.ctid = me.row and p.repeat_share > 0 and (exists (select from pick) or exists (select from again))
-- include leased
)
select p.state, exists (select from own), l.lease_id, (extract(epoch from l.expires_at) * 1000000)::bigint, l.item_id,
    -- include as_shown
    , p.state = 'open' and l.lease_id is null and (exists (select from able) or not (select is_all from whole))
from p
left join lease l on true
left join item i on i.shard_key = $1::bigint and i.item_id = l.item_id
