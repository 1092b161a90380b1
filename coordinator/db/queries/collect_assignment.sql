-- The next task of participant $2 in shard $1: the lease that is out already; else, where the study repeats, what is due to
-- be judged once more; else one that ran out elsewhere; else the open slot that is least judged, going on from the cursor and
-- once around. Else never an item the person has had; never one that is hidden. $3 is the new lease, $4 the constitution's
-- version, $5 how many candidates are looked at on each side of the cursor. What the person has had is asked for each
-- candidate by itself.
with p as materialized (
    -- include study
), me as materialized (
    select ctid as row, cursor_n, cursor_key, n_given, n_repeats from participation
    where shard_key = $1::bigint and participant_id >= $2::uuid and participant_id <= $2::uuid
    order by participant_id limit 1
-- include before
), late as materialized (
    select a.item_id, a.n
    from (
        select item_id, n from assignment
        where shard_key = $1::bigint and state = 'leased' and expires_at < now() and n >= 0
        order by expires_at limit 100
    ) c
    cross join lateral (
        select item_id, n, expires_at from assignment a
        where a.shard_key = $1::bigint and a.item_id = c.item_id and a.n = c.n and a.state = 'leased'
        limit 1 for update skip locked
    ) a
    where a.expires_at < now() and not exists (select from own) and not exists (select from again)
        and (select state from p) = 'open'
        -- include may_have :shard=$1::bigint :person=$2::uuid :item=c.item_id :slot=c.n :wanted=(select judgments_per_item from p)
    limit 1
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
        and not exists (select from late) and (select state from p) = 'open'
        -- include may_have :shard=$1::bigint :person=$2::uuid :item=c.item_id :slot=c.n :wanted=(select judgments_per_item from p)
    limit 1
), taken as (
    -- include taken :cell=null :slots=select item_id, n, null::uuid as lease_id, null::double precision as probability from late union all select item_id, n, null, null from pick union all select item_id, n, lease_id, null from own where expires_at < now()
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
    where m.ctid = me.row and (pick.n is not null or again.n is not null or exists (select from late))
-- include leased
)
select p.state, exists (select from own), l.lease_id, (extract(epoch from l.expires_at) * 1000000)::bigint, l.item_id,
    -- include as_shown
from p
left join lease l on true
left join item i on i.shard_key = $1::bigint and i.item_id = l.item_id
