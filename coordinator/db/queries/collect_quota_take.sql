-- The next task of participant $2 in shard $1, who is of cell $6: as collect_assignment.sql, but only for as long as fewer are
-- taken for that cell than are wanted, in the study and of each item. Leases that ran out are given back apart
-- (collect_quota_release.sql). The last columns: was a slot lost to somebody faster, is the cell full, is the person still of it.
with p as materialized (
    -- include study
), me as materialized (
    -- Held, so that answers taken back at this moment wait for this, and then find what is to be cleared.
    select ctid as row, cursor_n, cursor_key, n_given, n_repeats from participation
    where shard_key = $1::bigint and participant_id >= $2::uuid and participant_id <= $2::uuid
        and quota_cell = $6::bytea and quota_setup = (select setup from p)
    order by participant_id limit 1 for no key update
-- include cell :cell=$6::bytea
-- include before
), pick as materialized (
    select a.item_id, a.n, a.order_key
    from (
        -- include forward
    ) c
    cross join lateral (
        select item_id, n, order_key, state from assignment a
        where a.shard_key = $1::bigint and a.item_id = c.item_id and a.n = c.n
        limit 1 for update skip locked
    ) a
    where a.state = 'open' and not exists (select from own) and not exists (select from again)
        and (select state from p) = 'open'
        -- include cell_has_room :cell=$6::bytea
        -- include may_have :shard=$1::bigint :person=$2::uuid :item=c.item_id :slot=c.n :wanted=(select judgments_per_item from p)
    limit 1
-- include cell_counted :cell=$6::bytea
), taken as (
    -- include taken :cell=$6::bytea :slots=select item_id, n, null::uuid as lease_id, null::double precision as probability from pick where exists (select from counted) union all select item_id, n, lease_id, null from own where expires_at < now()
), opened as (
    insert into assignment (shard_key, item_id, n, order_key, n_responses)
    select $1::bigint, t.item_id, t.n + 1, t.order_key, t.n_responses
    from taken t where t.n >= 0
    on conflict (shard_key, item_id, n) do nothing
), moved as (
    update participation m set cursor_n = coalesce(pick.n, m.cursor_n),
        cursor_key = coalesce(pick.order_key, m.cursor_key), n_given = m.n_given + 1,
        n_repeats = m.n_repeats + case when again.n is null then 0 else 1 end
    from me left join pick on true left join again on true
    where m.ctid = me.row and (pick.n is not null or again.n is not null)
-- include leased
)
select p.state, exists (select from own), l.lease_id, (extract(epoch from l.expires_at) * 1000000)::bigint, l.item_id,
    -- include as_shown
    , exists (select from pick) and l.lease_id is null, not coalesce((select is_left from room), false),
    exists (select from me)
from p
left join lease l on true
left join item i on i.shard_key = $1::bigint and i.item_id = l.item_id
