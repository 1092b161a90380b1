-- The next task of participant $2 in shard $1, who is of cell $7, of a study that draws its items: as collect_draw.sql, but only for as
-- long as fewer are taken for that cell than are wanted, in the study and of each item (collect_quota_take.sql). The last columns: was a
-- slot lost to somebody faster or are there others to look at, is the cell full, is the person still of it.
with p as materialized (
    -- include study
), me as materialized (
    -- Held, so that answers taken back at this moment wait for this, and then find what is to be cleared.
    select ctid as row, n_given, n_repeats from participation
    where shard_key = $1::bigint and participant_id >= $2::uuid and participant_id <= $2::uuid
        and quota_cell = $7::bytea and quota_setup = (select setup from p)
    order by participant_id limit 1 for no key update
-- include cell :cell=$7::bytea
-- include before
-- include near :key=$5::bigint
), able as materialized (
    select c.item_id, c.n, c.is_late,
    -- include weight
    from p cross join near c
    where not exists (select from own) and not exists (select from again) and p.state = 'open' and exists (select from me)
        -- include cell_has_room :cell=$7::bytea
        -- include may_have :shard=$1::bigint :person=$2::uuid :item=c.item_id :slot=c.n :wanted=(select judgments_per_item from p)
-- include drawn :chance=$6::double precision
-- include cell_counted :cell=$7::bytea
), taken as (
    -- include taken :cell=$7::bytea :slots=select item_id, n, null::uuid as lease_id, probability from pick where exists (select from counted) union all select item_id, n, lease_id, null from own where expires_at < now()
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
    , p.state = 'open' and l.lease_id is null and coalesce((select is_left from room), false)
        and (exists (select from able) or not (select is_all from whole)), not coalesce((select is_left from room), false),
    exists (select from me)
from p
left join lease l on true
left join item i on i.shard_key = $1::bigint and i.item_id = l.item_id
