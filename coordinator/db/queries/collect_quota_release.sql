-- Leases of shard $1 that ran out give back what they held: the slots are open again, their cells have room. How many.
with late as materialized (
    select a.item_id, a.n, a.quota_cell
    from (
        select item_id, n from assignment
        where shard_key = $1::bigint and state = 'leased' and expires_at < now() and n >= 0
        order by expires_at limit 100
    ) c
    cross join lateral (
        select item_id, n, state, expires_at, quota_cell from assignment a
        where a.shard_key = $1::bigint and a.item_id = c.item_id and a.n = c.n
        limit 1 for update skip locked
    ) a
    where a.state = 'leased' and a.expires_at < now()
), freed as (
    update assignment a set state = 'open', lease_id = null, participant_id = null, leased_at = null, expires_at = null,
        shown = null, quota_cell = null
    from late l where a.shard_key = $1::bigint and a.item_id = l.item_id and a.n = l.n
), held as materialized (
    select q.item_id, q.cell, g.n
    from (
        select x.item_id, l.quota_cell as cell, count(*) as n
        from late l cross join lateral (values (l.item_id), ('00000000-0000-0000-0000-000000000000'::uuid)) x (item_id)
        where l.quota_cell is not null group by 1, 2
    ) g
    join quota_count q on q.shard_key = $1::bigint and q.item_id = g.item_id and q.cell = g.cell
    order by q.item_id desc, q.cell for update of q
), given as (
    update quota_count q set n_taken = q.n_taken - h.n
    from held h where q.shard_key = $1::bigint and q.item_id = h.item_id and q.cell = h.cell
)
select count(*) from late
