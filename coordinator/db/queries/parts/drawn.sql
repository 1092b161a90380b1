-- Of those that the person may have, the one that :chance (0 to 1) falls on, by its weight. Its probability: its part of the weights, times
-- the share of all keys that the 64 cover, which is about with what they were looked at.
), weighed as materialized (
    select *, sum(weight) over (rows unbounded preceding) as upto, sum(weight) over () as total from able
), pick as materialized (
    select a.item_id, a.n, case when c.is_late then 1 else (select share from whole) end * c.weight / c.total as probability
    from weighed c
    cross join lateral (
        select item_id, n, state, expires_at from assignment a
        where a.shard_key = $1::bigint and a.item_id = c.item_id and a.n = c.n
        limit 1 for update skip locked
    ) a
    where :chance * c.total >= c.upto - c.weight and :chance * c.total < c.upto
        and (a.state = 'open' or (a.state = 'leased' and a.expires_at < now()))
