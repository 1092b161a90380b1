-- What comes before anything new: the lease that is out already, and an item that this person judged five tasks ago or more, when fewer
-- of their tasks than the study says were such.
), own as materialized (
    select item_id, n, lease_id, expires_at, shown, guideline_version, constitution_version
    from assignment
    where shard_key = $1::bigint and participant_id >= $2::uuid and participant_id <= $2::uuid and state = 'leased'
    order by participant_id limit 1
), again as materialized (
    select f.item_id, f.n, f.order_key, f.n_responses, f.shown
    from p, me
    cross join lateral (
        select item_id, n, order_key, n_responses, shown from assignment f
        where f.shard_key = $1::bigint and f.participant_id = $2::uuid and f.state = 'judged'
            and f.place <= me.n_given - 5
            and (select 1 from assignment r
                where r.shard_key = $1::bigint and (r.item_id, r.n) >= (f.item_id, -2 - f.n)
                    and (r.item_id, r.n) <= (f.item_id, -2 - f.n)
                order by r.item_id, r.n limit 1) is null
            and (select 1 from item_hidden h
                where h.shard_key = $1::bigint and h.item_id >= f.item_id and h.item_id <= f.item_id
                order by h.item_id limit 1) is null
        order by f.place limit 1
    ) f
    where p.repeat_share > 0 and me.n_repeats + 1 <= p.repeat_share * (me.n_given + 1) and p.state = 'open'
        and not exists (select from own)
