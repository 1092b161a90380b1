-- Studies whose endpoint is to be asked, $1 at most: not done yet, or items came since the last pass (looked for the more seldom the
-- more there are: a second for a thousand).
select e.shard_key, e.endpoint_id
from embedding_endpoint e
where e.state <> 'stopped' and e.next_at <= now() and (e.lease_until is null or e.lease_until < now())
    and (e.state = 'filling' or (e.looked_at < now() - make_interval(secs => e.n_items / 1000.0)
        and e.n_items <> (select coalesce(sum(c.n_items), 0) from project_counter c where c.shard_key = e.shard_key)))
order by e.next_at limit $1::integer
